"""The front desk in a browser: pages that work without JavaScript.

A page reads with read models, changes through casework, and holds no rule of its own.
"""

from reminders.desk.app import create_app

__all__ = ["create_app"]
