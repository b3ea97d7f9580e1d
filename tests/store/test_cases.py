"""What a plan depends on is read whole: what was noted of each procedure, and in how many questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import IntegrityError

from reminders.model import PatientCase
from reminders.store.cases import load_case
from reminders.store.engine import Transaction, reading, writing
from reminders.tables import AnswerRow, Base, OverrideRow, PatientRow, ProcedureEventRow, ProcedureRow
from tests.store.rows import LATER, NOW, add_patient

FIGURES = {"from": {"days": 5}, "repeat": {"slots": {"times": ["08:00", "20:00"]}}}


def add_procedure(tx: Transaction, patient: PatientRow) -> int:
    row = ProcedureRow(
        patient_id=patient.id,
        treatment="fractional-laser",
        performed_at=NOW,
        precision="minute",
        attributes={"side": "left"},
        recorded_at=NOW,
    )
    tx.add(row)
    tx.flush()
    return row.id


def make_event(procedure_id: int, name: str = "healed", **over: object) -> ProcedureEventRow:
    values = {"happened_at": NOW, "precision": "minute", "recorded_at": NOW, **over}
    return ProcedureEventRow(procedure_id=procedure_id, name=name, **values)


def make_answer(procedure_id: int, answer: str, **over: object) -> AnswerRow:
    return AnswerRow(procedure_id=procedure_id, question="pain", answer=answer, **{"answered_at": NOW, **over})


def make_override(procedure_id: int, **over: object) -> OverrideRow:
    values = {"rule": "swelling", "fields": FIGURES, "decided_by": "Dr. Lee", "decided_at": NOW, **over}
    return OverrideRow(procedure_id=procedure_id, **values)


def load_first(tx: Transaction) -> PatientCase:
    patient = tx.get(PatientRow, 1)
    assert patient is not None
    return load_case(tx, patient, [])


def test_a_case_holds_all_that_was_noted(engine: Engine) -> None:
    with writing(engine) as tx:
        patient = add_patient(tx, attributes={"skin": "dry"})
        procedure_id = add_procedure(tx, patient)
        tx.add_all([make_event(procedure_id), make_answer(procedure_id, "no"), make_override(procedure_id)])

    with reading(engine) as tx:
        case = load_first(tx)

    (procedure,) = case.procedures
    assert case.attributes == {"skin": "dry"}
    assert procedure.attributes == {"side": "left"}
    assert procedure.events == {"healed": NOW}
    assert procedure.answers == {"pain": "no"}
    assert procedure.overrides == {"swelling": FIGURES}


def test_what_was_taken_back_does_not_count_and_of_answers_the_latest_does(engine: Engine) -> None:
    with writing(engine) as tx:
        procedure_id = add_procedure(tx, add_patient(tx))
        tx.add_all([make_event(procedure_id, undone_at=LATER), make_override(procedure_id, cleared_at=LATER)])
        # Entered in this order; a second answer of the same moment comes later.
        for answer, answered_at in (("yes", LATER), ("no", NOW), ("a little", LATER)):
            tx.add(make_answer(procedure_id, answer, answered_at=answered_at))
            tx.flush()

    with reading(engine) as tx:
        (procedure,) = load_first(tx).procedures

    assert (procedure.events, procedure.overrides) == ({}, {})
    assert procedure.answers == {"pain": "a little"}


def test_what_was_noted_of_one_procedure_or_patient_is_not_anothers(engine: Engine) -> None:
    with writing(engine) as tx:
        ana, ben = add_patient(tx), add_patient(tx, name="Ben Ode", name_key="ben ode", phone="+16175550143")
        first, second = add_procedure(tx, ana), add_procedure(tx, ana)
        tx.add_all([make_event(first), make_event(second, "first-dose"), make_event(add_procedure(tx, ben), "graft")])

    with reading(engine) as tx:
        assert [list(each.events) for each in load_first(tx).procedures] == [["healed"], ["first-dose"]]


@contextmanager
def counting(engine: Engine) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def count_questions(engine: Engine) -> int:
    with reading(engine) as tx, counting(engine) as sent:
        load_first(tx)
    return len(sent)


def test_ten_procedures_are_read_in_as_many_questions_as_one(engine: Engine) -> None:
    with writing(engine) as tx:
        patient = add_patient(tx)
        tx.add(make_event(add_procedure(tx, patient)))
    once = count_questions(engine)
    with writing(engine) as tx:
        for _ in range(9):
            tx.add(make_event(add_procedure(tx, patient)))

    assert count_questions(engine) == once


@pytest.mark.parametrize("make", [make_event, make_override])
def test_a_second_one_that_stands_is_refused_by_the_database(engine: Engine, make: Callable[[int], Base]) -> None:
    with writing(engine) as tx:
        procedure_id = add_procedure(tx, add_patient(tx))
        tx.add(make(procedure_id))

    with pytest.raises(IntegrityError), writing(engine) as tx:
        tx.add(make(procedure_id))
