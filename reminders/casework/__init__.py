"""What the front desk does: each function is one change with its replan, in the caller's transaction.

A wish that cannot be granted raises a Refusal, whose sentence says what to do; the transaction then rolls back.
"""
