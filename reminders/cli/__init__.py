"""The command line: what the front desk and the person who runs the service type."""

from reminders.cli.commands import cli


def main() -> None:
    cli()


__all__ = ["cli", "main"]
