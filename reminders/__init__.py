"""Sends a clinic's aftercare reminders by SMS and email, at the times its own document gives."""
