"""The staff: who they are, how they sign in, and what they did.

A wish that cannot be granted raises a Refusal, as in casework. Functions work in the caller's transaction, but for
`signing_in`, which must not hold one while it works on a password.
"""
