"""The command line itself, and the arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from reminders.cli.answers import answering, start_logs
from reminders.model import Channel, InputRefusal

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Sends a clinic's aftercare reminders by SMS and email.",
)

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
PatientId = Annotated[int, typer.Argument(metavar="PATIENT", help="The patient's number.")]
ProcedureId = Annotated[int, typer.Argument(metavar="PROCEDURE", help="The procedure's number.")]
SessionId = Annotated[int, typer.Argument(metavar="SESSION", help="The booked session's number.")]
TaskId = Annotated[int, typer.Argument(metavar="TASK", help="The task's number.")]
Treatment = Annotated[str, typer.Option(help="A treatment of config.toml.")]
PerformedAt = Annotated[str, typer.Option(metavar="WHEN", help="YYYY-MM-DD[THH:MM], clinic-local or with an offset.")]
StartsAt = Annotated[str, typer.Option(metavar="WHEN", help="YYYY-MM-DD[THH:MM], clinic-local or with an offset.")]
Name = Annotated[str | None, typer.Option(help="The patient's name.")]
Phone = Annotated[str | None, typer.Option(help="The number that texts go to.")]
Email = Annotated[str | None, typer.Option(help="The address that emails go to.")]
TimeZone = Annotated[str | None, typer.Option(metavar="ZONE", help="Where it differs from the clinic's.")]
Language = Annotated[str | None, typer.Option(help="Such as en.")]
Attribute = Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="Such as site=left; may be repeated.")]
ChannelOption = Annotated[Channel, typer.Option(help="sms or email.")]


@cli.callback()
def choose_config(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="The clinic's file; else REMINDERS_CONFIG, else config.toml.")
    ] = None,
) -> None:
    context.obj = config
    with answering():
        start_logs("WARNING")


def read_attributes(typed: Sequence[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in typed]
    if not all(key.strip() and equals and (key + value).isprintable() for key, equals, value in pairs):
        raise InputRefusal("An attribute is written as KEY=VALUE, such as --attribute site=left.")
    return {key.strip(): value.strip() for key, _, value in pairs}
