"""Whom a rule applies to, what it counts from, which conditions hold, and what a clinician has set."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from reminders.model import TREATMENT, PatientCase, PlannedReminder, Procedure, Quiet, Reason, TaskRule
from reminders.planning import plan_reminders
from reminders.planning.courses import list_performed_sessions
from reminders.rules import (
    Anchor,
    AppliesTo,
    Bound,
    Calendar,
    Clinic,
    Duration,
    Event,
    OpeningHours,
    Repeat,
    Rule,
    Slots,
    Unit,
    When,
)
from tests.clinic import LASER
from tests.factories import (
    CLINIC,
    at,
    clock,
    count_of,
    length,
    local,
    make_case,
    make_clinic,
    make_procedure,
    make_rule,
    make_session,
    with_treatment,
)

WEEKDAYS = OpeningHours(windows=(*[(time(9), time(17))] * 5, None, None))


def plan(case: PatientCase, rule: Rule, **treatment: Any) -> list[PlannedReminder]:
    clinic = with_treatment(make_clinic(rule), **treatment)
    return list(plan_reminders(case, clinic).reminders)


def due(case: PatientCase, rule: Rule, **treatment: Any) -> list[str]:
    return [local(each.due_at) for each in plan(case, rule, **treatment)]


def withheld(procedure: Procedure, rule: Rule) -> Reason | None:
    (planned,) = plan(make_case(procedure), rule)
    return planned.withheld


def monthly(count: int, **over: Any) -> list[Procedure]:
    """One procedure on the 10th of each month of 2026."""
    return [
        make_procedure(id=month, performed_at=at(f"2026-{month:02}-10 10:00"), **over) for month in range(1, count + 1)
    ]


# ---- applies_to ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("applies_to", "sessions"),
    [
        (AppliesTo(), [1, 2, 3]),
        (AppliesTo(session=2), [2]),
        (AppliesTo(sessions_from=2), [2, 3]),
        (AppliesTo(session="last"), [3]),
    ],
)
def test_a_rule_is_for_the_sessions_it_names(applies_to: AppliesTo, sessions: list[int]) -> None:
    case = make_case(*monthly(3, planned_sessions=3, decided_at=at("2026-01-10 11:00")))
    planned = plan(case, make_rule(applies_to=applies_to))

    assert [each.identity.anchor_id for each in planned] == sessions


def test_the_last_session_is_not_known_while_the_number_is_undecided() -> None:
    planned = plan(make_case(*monthly(2)), make_rule(applies_to=AppliesTo(session="last")))

    assert [each.withheld for each in planned] == [Reason.COURSE_UNDECIDED] * 2


def test_a_booked_session_has_the_number_after_the_latest_performed_one() -> None:
    booked = [make_session(id=number, starts_at=at(f"2026-{number + 3:02}-14 10:00")) for number in (1, 2)]
    rule = make_rule(anchor=Anchor.SESSION, starts=length(-1, "days"), applies_to=AppliesTo(session=3))
    (planned,) = plan(make_case(make_procedure(), *booked), rule)

    assert planned.identity.anchor_id == 2


FACE_OR_NECK = AppliesTo(attributes={"site": ("face", "neck")})


@pytest.mark.parametrize(
    ("of_procedure", "of_patient", "applies"),
    [
        ({"site": "face"}, {}, True),
        ({"site": "hand"}, {}, False),
        ({}, {}, False),
        ({}, {"site": "neck"}, True),
        ({"site": "hand"}, {"site": "neck"}, False),
    ],
)
def test_an_attribute_is_the_procedures_else_the_patients(
    of_procedure: dict[str, str], of_patient: dict[str, str], applies: bool
) -> None:
    case = make_case(make_procedure(attributes=of_procedure), attributes=of_patient)

    assert bool(plan(case, make_rule(applies_to=FACE_OR_NECK))) is applies


def test_of_two_sites_on_one_day_each_has_its_rules() -> None:
    sites = [make_procedure(id=1, attributes={"site": "face"}), make_procedure(id=2, attributes={"site": "hand"})]
    of_hand = AppliesTo(attributes={"site": ("hand",)})

    assert len(plan(make_case(*sites), make_rule(applies_to=FACE_OR_NECK))) == 1
    assert len(plan(make_case(*sites), make_rule(applies_to=of_hand))) == 1


def test_what_happens_to_one_site_ends_nothing_at_the_other() -> None:
    sites = [
        make_procedure(id=1, attributes={"site": "face"}, events={"healed": at("2026-03-11 18:00")}),
        make_procedure(id=2, attributes={"site": "hand"}),
    ]
    until = Event(name="healed", fallback=length(4, "days"))
    daily = Repeat(every=length(1, "days"))
    planned = {
        site: len(plan(make_case(*sites), make_rule(applies_to=_only(site), repeat=daily, until=until)))
        for site in ("face", "hand")
    }

    assert planned == {"face": 1, "hand": 3}


def _only(site: str) -> AppliesTo:
    return AppliesTo(attributes={"site": (site,)})


def test_a_procedure_that_its_rule_is_not_for_supersedes_nothing() -> None:
    of_face = make_rule(applies_to=FACE_OR_NECK, supersede_key="sun", starts=length(3, "days"))
    older = make_procedure(attributes={"site": "face"})
    withheld = {}
    for site in ("face", "hand"):
        newer = make_procedure(id=2, performed_at=at("2026-03-12 10:00"), attributes={"site": site})
        withheld[site] = plan(make_case(older, newer), of_face)[0].withheld

    assert withheld == {"face": Reason.SUPERSEDED, "hand": None}


# ---- anchors ---------------------------------------------------------------------------------------------------

FROM_FIRST_DOSE = {"anchor": Event(name="first-dose"), "starts": length(3, "hours"), "at": None}


def test_an_event_that_has_not_happened_yields_nothing() -> None:
    assert plan(make_case(make_procedure()), make_rule(**FROM_FIRST_DOSE)) == []


def test_a_rule_counts_from_its_event() -> None:
    dosed = make_procedure(events={"first-dose": at("2026-03-12 09:15")})

    assert due(make_case(dosed), make_rule(**FROM_FIRST_DOSE)) == ["2026-03-12 12:15"]


def test_an_event_may_be_taken_to_happen_so_long_after_the_procedure() -> None:
    healed = Event(name="healed", fallback=length(21, "days"))
    rule = make_rule(anchor=healed, starts=length(1, "days"))

    assert due(make_case(make_procedure()), rule) == ["2026-04-01 10:00"]
    assert due(make_case(make_procedure(events={"healed": at("2026-03-20 18:00")})), rule) == ["2026-03-21 10:00"]


def test_the_day_on_which_an_event_is_taken_to_happen_has_its_morning_too() -> None:
    rule = make_rule(anchor=Event(name="healed", fallback=length(21, "days")), starts=length(0, "days"))

    assert due(make_case(make_procedure()), rule) == ["2026-03-31 10:00"]


def test_a_fallback_in_business_days_counts_open_days() -> None:
    """Five open days after Thursday, 12 March are Thursday, 19 March."""
    rule = make_rule(
        anchor=Event(name="healed", fallback=length(5, "days")),
        starts=length(0, "days"),
        calendar=Calendar.BUSINESS_DAYS,
    )
    clinic = make_clinic(rule, opening_hours=WEEKDAYS)
    (planned,) = plan_reminders(make_case(make_procedure(performed_at=at("2026-03-12 10:00"))), clinic).reminders

    assert local(planned.due_at) == "2026-03-19 10:00"


def test_a_fallback_in_hours_is_elapsed() -> None:
    rule = make_rule(anchor=Event(name="healed", fallback=length(5, "hours")), starts=length(1, "hours"), at=None)

    assert due(make_case(make_procedure()), rule) == ["2026-03-10 16:00"]


def test_a_treatment_without_an_interval_has_no_next_session() -> None:
    rule = make_rule(anchor=Anchor.TARGET, starts=length(0, "days"))
    clinic = with_treatment(make_clinic(rule), interval=None, sessions=None)
    planned = plan_reminders(make_case(make_procedure()), clinic)

    assert (planned.reminders, planned.tasks) == ((), ())


# ---- when ------------------------------------------------------------------------------------------------------


def test_of_two_answers_on_one_day_the_later_counts_whichever_procedure_it_was_noted_of() -> None:
    later = make_procedure(id=1, answers={"pain": "no"}, answered_at={"pain": at("2026-03-11 13:00")})
    earlier = make_procedure(
        id=2, performed_at=at("2026-03-10 11:00"), answers={"pain": "yes"}, answered_at={"pain": at("2026-03-11 12:00")}
    )
    (planned,) = plan(make_case(later, earlier), make_rule(when=When(answer={"pain": "yes"})))

    assert planned.withheld is Reason.OTHER_ANSWER


@pytest.mark.parametrize(
    ("when", "answers", "reason"),
    [
        (When(answer={"pain": "yes"}), {"pain": "yes"}, None),
        (When(answer={"pain": "yes"}), {"pain": "no"}, Reason.OTHER_ANSWER),
        (When(answer={"pain": "yes"}), {}, Reason.NO_ANSWER),
        (When(unanswered=("pain",)), {}, None),
        (When(unanswered=("pain",)), {"pain": "no"}, Reason.ANSWERED),
    ],
)
def test_an_answer_decides_what_is_withheld(when: When, answers: dict[str, str], reason: Reason | None) -> None:
    assert withheld(make_procedure(answers=answers), make_rule(when=when)) is reason


@pytest.mark.parametrize(
    ("planned_sessions", "reason"), [(1, None), (2, Reason.SESSION_DUE), (None, Reason.SESSION_DUE)]
)
def test_a_rule_may_be_for_those_who_have_no_next_session(planned_sessions: int | None, reason: Reason | None) -> None:
    decided_at = at("2026-03-10 11:00") if planned_sessions else None
    procedure = make_procedure(planned_sessions=planned_sessions, decided_at=decided_at)

    assert withheld(procedure, make_rule(when=When(session_due=False))) is reason


def test_while_the_number_is_undecided_nobody_knows_whether_there_is_a_next_session() -> None:
    planned = plan(make_case(*monthly(5)), make_rule(when=When(session_due=False)))

    assert [each.withheld for each in planned] == [*[Reason.NEWER_PROCEDURE] * 4, Reason.COURSE_UNDECIDED]


@pytest.mark.parametrize(
    ("when", "has_happened", "reason"),
    [
        (When(happened=("result",)), True, None),
        (When(happened=("result",)), False, Reason.NOT_HAPPENED),
        (When(not_happened=("result",)), False, None),
        (When(not_happened=("result",)), True, Reason.HAPPENED),
    ],
)
def test_an_event_decides_what_is_withheld(when: When, has_happened: bool, reason: Reason | None) -> None:
    events = {"result": at("2026-03-11 09:00")} if has_happened else {}

    assert withheld(make_procedure(events=events), make_rule(when=when)) is reason


# ---- courses without an end, late limits, business days ----------------------------------------------------------


def tasks(clinic: Clinic, *events: Any) -> list[str]:
    return [task.rule for task in plan_reminders(make_case(*events), clinic).tasks]


def test_a_course_without_a_usual_number_is_never_asked_about() -> None:
    clinic = with_treatment(CLINIC, sessions=None)
    sessions = list_performed_sessions(monthly(9), clinic.treatments[LASER], clinic)

    assert sessions[-1].why_no_next_session() is None
    assert TaskRule.DECIDE_COURSE not in tasks(clinic, *monthly(9))


@pytest.mark.parametrize(
    ("starts_at", "expected"),
    [
        ("2026-06-01 10:00", [TaskRule.TOO_EARLY]),
        ("2026-06-02 10:00", []),
        ("2026-06-30 10:00", []),
        ("2026-07-01 10:00", [TaskRule.TOO_LATE]),
    ],
)
def test_a_visit_is_held_against_both_ends_of_its_window(starts_at: str, expected: list[TaskRule]) -> None:
    """From 10 March: 12 weeks are 2 June, 16 weeks are 30 June."""
    clinic = with_treatment(
        CLINIC,
        sessions=None,
        interval=Duration(value=12, unit=Unit.WEEKS, bound=Bound.AT_LEAST),
        late_limit=length(16, "weeks"),
    )

    assert tasks(clinic, make_procedure(), make_session(starts_at=at(starts_at))) == [
        *expected,
        TaskRule.SESSION_OUTCOME,
    ]


@pytest.mark.parametrize(("starts_at", "is_late"), [("2026-04-10 10:00", False), ("2026-04-11 10:00", True)])
def test_an_interval_that_is_the_most_is_a_late_limit(starts_at: str, is_late: bool) -> None:
    clinic = with_treatment(CLINIC, interval=Duration(value=1, unit=Unit.MONTHS, bound=Bound.AT_MOST))

    assert (TaskRule.TOO_LATE in tasks(clinic, make_procedure(), make_session(starts_at=at(starts_at)))) is is_late


@pytest.mark.parametrize(
    ("bound", "target"), [(Bound.NOMINAL, "2026-04-20"), (Bound.AT_LEAST, "2026-04-20"), (Bound.AT_MOST, "2026-04-17")]
)
def test_a_target_rolls_off_a_closed_day_and_never_over_its_bound(bound: Bound, target: str) -> None:
    """A month after Wednesday, 18 March is a Saturday."""
    rule = make_rule(anchor=Anchor.TARGET, starts=length(0, "days"))
    (planned,) = plan_reminders(
        make_case(make_procedure(performed_at=at("2026-03-18 10:00"))),
        with_treatment(
            make_clinic(rule, opening_hours=WEEKDAYS),
            interval=Duration(value=1, unit=Unit.MONTHS, bound=bound),
            calendar=Calendar.BUSINESS_DAYS,
        ),
    ).reminders

    assert planned.target_on == date.fromisoformat(target)


def test_an_interval_in_days_counts_open_days() -> None:
    """Ten working days after Tuesday, 10 March are two weeks; the desk is told of a visit a day before."""
    clinic = with_treatment(
        replace(CLINIC, opening_hours=WEEKDAYS),
        interval=Duration(value=10, unit=Unit.DAYS, bound=Bound.AT_LEAST),
        calendar=Calendar.BUSINESS_DAYS,
    )
    (session,) = list_performed_sessions([make_procedure()], clinic.treatments[LASER], clinic)

    assert session.target_on == date(2026, 3, 24)
    assert TaskRule.TOO_EARLY in tasks(clinic, make_procedure(), make_session(starts_at=at("2026-03-23 10:00")))


def test_what_would_expire_before_it_is_due_is_withheld() -> None:
    weekly = Repeat(every=length(1, "weeks"), times=count_of(2))

    assert [each.withheld for each in plan(make_case(make_procedure()), make_rule(repeat=weekly))] == [
        None,
        Reason.EXPIRES_BEFORE_DUE,
    ]


def test_the_first_that_is_due_counts_as_the_first_of_its_series_for_quiet_hours() -> None:
    """The slot of 09:00 was over before the procedure."""
    slots = Repeat(slots=Slots(times=(time(9), time(21))), times=count_of(1))
    rule = make_rule(
        starts=length(0, "days"),
        at=None,
        repeat=slots,
        quiet=Quiet.SKIP,
        quiet_first=Quiet.DEFER,
        expires=length(3, "days"),
    )

    assert due(make_case(make_procedure()), rule) == ["2026-03-11 08:00"]


def test_a_series_that_an_event_ended_or_that_waits_for_one_says_so() -> None:
    ended = make_rule(id="ended", until=Event(name="healed", fallback=length(9, "days")))
    waiting = make_rule(id="waiting", **FROM_FIRST_DOSE)
    found = plan_reminders(
        make_case(make_procedure(events={"healed": at("2026-03-10 12:00")})), make_clinic(ended, waiting)
    ).missing

    assert {rule: reason for (_, _, rule), reason in found.items()} == {
        "ended": Reason.HAPPENED,
        "waiting": Reason.NOT_HAPPENED,
    }


def test_what_happened_to_one_site_is_no_reason_at_the_other() -> None:
    sites = [
        make_procedure(id=1, attributes={"site": "face"}, events={"healed": at("2026-03-11 18:00")}),
        make_procedure(id=2, attributes={"site": "hand"}),
    ]
    until = Event(name="healed", fallback=length(9, "days"))
    rules = [make_rule(id=site, applies_to=_only(site), until=until) for site in ("face", "hand")]
    missing = plan_reminders(make_case(*sites), make_clinic(*rules)).missing

    assert {rule: reason for (_, _, rule), reason in missing.items()} == {"face": Reason.HAPPENED}


# ---- overrides -------------------------------------------------------------------------------------------------


def override(rule: str, **fields: Any) -> Procedure:
    return make_procedure(overrides={rule: fields})


def test_a_figure_set_for_a_patient_counts_in_place_of_the_rules_own_and_the_plan_says_so() -> None:
    (planned,) = plan(make_case(override("check", **{"from": {"days": 2}})), make_rule())

    assert (local(planned.due_at), planned.is_overridden) == ("2026-03-12 10:00", True)


def test_figures_that_are_not_set_stay_and_other_patients_keep_theirs() -> None:
    procedures = [override("check", at={"time": "15:00"}), make_procedure(id=2, performed_at=at("2026-04-10 10:00"))]
    planned = plan(make_case(*procedures), make_rule(at=clock("10:00")))

    assert [(local(each.due_at), each.is_overridden) for each in planned] == [
        ("2026-03-11 15:00", True),
        ("2026-04-11 10:00", False),
    ]


def test_of_two_decisions_on_one_day_each_figure_is_the_later_one() -> None:
    later = make_procedure(overrides={"check": {"from": {"days": 8}}}, overridden_at={"check": at("2026-03-10 13:00")})
    earlier = make_procedure(
        id=2,
        performed_at=at("2026-03-10 11:00"),
        overrides={"check": {"from": {"days": 5}, "at": {"time": "12:00"}}},
        overridden_at={"check": at("2026-03-10 12:00")},
    )

    assert due(make_case(later, earlier), make_rule(expires=length(20, "days"))) == ["2026-03-18 12:00"]


def test_an_override_that_the_rule_no_longer_bears_lets_nothing_leave() -> None:
    (planned,) = plan(make_case(override("check", until={"weeks": 0})), make_rule())

    assert planned.withheld is Reason.OVERRIDE_FAULTY


def test_an_interval_can_be_set_for_a_patient() -> None:
    rule = make_rule(anchor=Anchor.TARGET, starts=length(0, "days"))

    assert due(make_case(override(TREATMENT, interval={"weeks": 8})), rule) == ["2026-05-05 10:00"]


def test_an_interval_that_the_treatment_no_longer_bears_lets_nothing_leave_that_hangs_on_it() -> None:
    target = make_rule(id="target", anchor=Anchor.TARGET, starts=length(0, "days"))
    clinic = make_clinic(target, make_rule())
    planned = plan_reminders(make_case(override(TREATMENT, interval={"hours": 8})), clinic).reminders

    assert [(each.identity.rule, each.withheld) for each in planned] == [
        ("target", Reason.OVERRIDE_FAULTY),
        ("check", None),
    ]


def test_a_text_that_hangs_on_an_interval_set_for_the_patient_says_so() -> None:
    rule = make_rule(anchor=Anchor.TARGET, starts=length(0, "days"))

    assert [each.is_overridden for each in plan(make_case(override(TREATMENT, interval={"weeks": 8})), rule)] == [True]


def test_an_override_of_the_latest_procedure_holds_for_the_session_that_is_booked() -> None:
    rule = make_rule(anchor=Anchor.SESSION, starts=length(-1, "days"))
    case = make_case(override("check", **{"from": {"days": -3}}), make_session())

    assert due(case, rule) == ["2026-04-11 10:00"]


def test_a_slot_list_and_phases_can_be_set_for_a_patient() -> None:
    phases = [{"lasts": {"days": 1}, "repeat": {"slots": {"times": ["09:00", "18:00"]}}}, {"lasts": {"days": 2}}]
    case = make_case(override("check", phases=phases))

    assert due(case, replace(make_rule(), expires=length(9, "days"))) == [
        "2026-03-11 09:00",
        "2026-03-11 18:00",
        "2026-03-12 10:00",
    ]
