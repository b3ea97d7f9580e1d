"""`reminders rules` shows the rules, `rules check` holds them against their documents, `rules examples` plays them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from reminders.casework.sessions import require_treatment
from reminders.checking import (
    Described,
    DescribedSection,
    Document,
    Finding,
    Subject,
    Verdict,
    check_rules,
    read_document,
)
from reminders.cli.answers import REFUSED, answering, config_path, errors, open_configured
from reminders.cli.examples import play_examples
from reminders.cli.options import Json, cli
from reminders.cli.printing import console, print_json, say
from reminders.cli.rule_printing import print_rules, print_timeline
from reminders.config import Config, DocumentSettings, Fault
from reminders.describing import EXAMPLE_AT, Timeline, draw_svg, plan_timeline
from reminders.model import InputRefusal
from reminders.readings import list_readings
from reminders.rule_verdicts import digest_rules, judge, keep_verdict
from reminders.store.engine import writing
from reminders.store.schema import require_current
from reminders.store.trouble import DatabaseTrouble
from reminders.typed import read_when
from reminders.wiring import App

rules_cli = typer.Typer(help="Show the clinic's rules, or check them.")
cli.add_typer(rules_cli, name="rules")

DocumentsFolder = Annotated[
    Path | None,
    typer.Option("--documents", metavar="DIR", help="Where the documents lie; else `documents` beside config.toml."),
]

TimelineOf = Annotated[
    str | None, typer.Option("--timeline", metavar="TREATMENT", help="Draw the course of this treatment.")
]
ExampleAt = Annotated[
    str | None,
    typer.Option(metavar="WHEN", help=f"When the procedure of the picture ends; else {EXAMPLE_AT}."),
]
SvgFile = Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Write the picture to this file.")]

_COLOURS = {Verdict.HOLDS: "green", Verdict.FAILS: "red", Verdict.HINT: "yellow"}


@rules_cli.callback(invoke_without_command=True)
def rules(
    context: typer.Context,
    timeline: TimelineOf = None,
    performed_at: ExampleAt = None,
    svg: SvgFile = None,
    as_json: Json = False,
) -> None:
    """The clinic's rules in plain words, every figure with its source; or the course of one treatment as a picture."""
    if context.invoked_subcommand is not None:
        return
    with answering(as_json=as_json):
        config = open_configured(context).config
        if timeline is None:
            refuse_without_timeline(performed_at, svg)
            print_rules(config, as_json=as_json)
            return
        planned = plan_example(config, timeline, performed_at or EXAMPLE_AT)
        if svg:
            write_picture(svg, planned)
        else:
            print_timeline(planned, config, as_json=as_json)


def refuse_without_timeline(performed_at: str | None, svg: Path | None) -> None:
    if performed_at or svg:
        raise InputRefusal("A picture is of one treatment: say which with --timeline TREATMENT.")


def plan_example(config: Config, treatment: str, performed_at: str) -> Timeline:
    clinic = config.clinic
    when = read_when(performed_at, clinic.time_zone, clinic.default_procedure_time)
    return plan_timeline(require_treatment(clinic, treatment), clinic, when.at)


def write_picture(file: Path, timeline: Timeline) -> None:
    try:
        file.write_text(draw_svg(timeline), "utf-8")
    except OSError as error:
        sentence = f"{file} cannot be written ({error.strerror}); check the path and its permissions."
        raise InputRefusal(sentence) from None
    say(f"The picture is in {file}.")


@rules_cli.command()
def check(context: typer.Context, documents: DocumentsFolder = None, as_json: Json = False) -> None:
    """Hold every figure that has a source against its document, and play the examples; exit 1 if one fails."""
    with answering(as_json=as_json):
        app = open_configured(context)
        folder = documents or config_path(context).absolute().parent / "documents"
        read = read_documents(folder, app.config.documents)
        findings = check_rules(app.config.clinic, read, list(list_readings(app.templates)))
        print_findings(findings, as_json=as_json)
        faults = play_examples(app.config, as_json=as_json)
        keep_for_pages(app, findings, faults)
    if faults or any(finding.verdict is Verdict.FAILS for finding in findings):
        raise typer.Exit(REFUSED)


@rules_cli.command()
def examples(context: typer.Context, as_json: Json = False) -> None:
    """Play every example of the configuration; exit 1 if one does not come out as it says."""
    with answering():
        faults = play_examples(open_configured(context).config, as_json=as_json)
    if faults:
        raise typer.Exit(REFUSED)


def keep_for_pages(app: App, findings: Sequence[Finding], examples: Sequence[Fault]) -> None:
    """The pages show the verdict. Whoever checks on a machine without the database is told, and has it all the same."""
    digest = digest_rules(app.config, app.templates)
    verdict = judge(findings, examples, digest=digest, now=app.clock())
    try:
        require_current(app.engine)
        with writing(app.engine) as tx:
            keep_verdict(tx, verdict)
    except DatabaseTrouble as trouble:
        errors.print(f"The pages of the desk do not show this verdict. {trouble}", markup=False)
    finally:
        app.close()


def read_documents(folder: Path, documents: Mapping[str, DocumentSettings]) -> dict[str, Document]:
    return {
        key: read_document(describe(key, settings), _read_file(folder, settings.file), str(folder))
        for key, settings in documents.items()
    }


def describe(key: str, settings: DocumentSettings) -> Described:
    return Described(
        id=key,
        file=settings.file,
        sha256=settings.sha256,
        clinic_text_ends_before=settings.clinic_text_ends_before,
        sections=tuple(
            DescribedSection(name=each.name, starts_with=each.starts_with or each.name, treatments=each.treatments)
            for each in settings.sections
        ),
    )


def _read_file(folder: Path, file: str | None) -> bytes | None:
    """None: there is no such file."""
    try:
        return (folder / file).read_bytes() if file else None
    except FileNotFoundError:
        return None
    except OSError as error:
        sentence = f"{folder / str(file)} cannot be read ({error.strerror}); check the path and its permissions."
        raise InputRefusal(sentence) from None


def print_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    if as_json:
        print_json(finding.as_json() for finding in findings)
        return
    table = Table(title="Rules, held against their documents", title_justify="left", show_lines=True)
    for column, share in (("rule", 3), ("figure", 2), ("the document says there", 3), ("verdict", 6)):
        table.add_column(column, overflow="fold", ratio=share)
    for finding in findings:
        if finding.subject is not Subject.DOCUMENT:
            table.add_row(*_cells(finding))
    console.print(table)
    _print_documents(findings)
    console.print(_sum_up(findings))


def _print_documents(findings: Sequence[Finding]) -> None:
    """What is wrong with a document as a whole, once, and in lines that can be copied."""
    for finding in findings:
        if finding.subject is Subject.DOCUMENT:
            for fault in finding.faults:
                console.print(f"Document {finding.document}: {fault.sentence}", markup=False, soft_wrap=True)


def _cells(finding: Finding) -> list[Text]:
    where = " ".join(filter(None, (finding.treatment, finding.rule, finding.key)))
    says = f"“{finding.says}”" if finding.says else ""
    if finding.section:
        says = f"{says}\n{finding.section}".strip()
    verdict = Text(finding.verdict, style=_COLOURS[finding.verdict])
    for fault in finding.faults:
        verdict.append(f"\n{fault.sentence}", style="default")
    return [Text(where), Text(finding.figure), Text(says), verdict]


def _sum_up(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.verdict for finding in findings)
    failing, held = counts[Verdict.FAILS], counts[Verdict.FAILS] + counts[Verdict.HOLDS]
    said = f"{failing} of {held} fail" if failing else f"All {held} hold"
    return f"{said}; hints worth a look: {counts[Verdict.HINT]}." if counts[Verdict.HINT] else f"{said}."
