"""One series of sunscreen texts per patient: a newer procedure ends that of the older ones."""

from __future__ import annotations

from tests.clinic import LASER, NEEDLING, ClinicDays


def sunscreen_of(clinic: ClinicDays, procedure_id: int) -> list[str]:
    """The states of one procedure's sunscreen texts, by occurrence."""
    lines = [line for line in clinic.plan() if (line.rule, line.procedure) == ("sunscreen", procedure_id)]
    return [line.reason or line.status for line in sorted(lines, key=lambda line: line.occurrence)]


def test_a_newer_procedure_supersedes_the_sunscreen_texts_still_to_come(clinic: ClinicDays) -> None:
    older = clinic.record_on_time(LASER, "2026-03-03 10:00")
    clinic.at("2026-03-04 09:00").dispatch().record_on_time(LASER, "2026-03-10 10:00")

    assert sunscreen_of(clinic, older) == ["sent", "superseded", "superseded", "superseded"]


def test_a_procedure_of_another_treatment_supersedes_them_as_well(clinic: ClinicDays) -> None:
    older = clinic.record_on_time(NEEDLING, "2026-03-03 10:00")
    clinic.at("2026-03-04 09:00").dispatch().record_on_time(LASER, "2026-03-10 10:00")

    assert sunscreen_of(clinic, older) == ["sent", "superseded", "superseded", "superseded"]


def test_a_patient_of_both_treatments_gets_one_sunscreen_text_a_week(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-03 10:00")
    clinic.at("2026-03-04 09:00").dispatch().record_on_time(LASER, "2026-03-10 10:00")
    clinic.at("2026-03-11 09:00").dispatch().at("2026-03-18 09:00").dispatch()

    assert [at for at, rules in clinic.sent_short() if "sunscreen" in rules] == [
        "2026-03-04 09:00",
        "2026-03-11 09:00",
        "2026-03-18 09:00",
    ]


def test_only_what_is_due_at_or_after_the_newer_procedure_is_superseded(clinic: ClinicDays) -> None:
    older = clinic.record_on_time(LASER, "2026-03-03 10:00")
    clinic.at("2026-03-12 10:00").record(NEEDLING, "2026-03-11 09:01")

    assert sunscreen_of(clinic, older) == ["service_late", "scheduled", "superseded", "superseded"]


def test_a_text_due_in_the_very_minute_of_the_newer_procedure_is_superseded(clinic: ClinicDays) -> None:
    older = clinic.record_on_time(LASER, "2026-03-03 10:00")
    clinic.record_on_time(NEEDLING, "2026-03-11 09:00")

    assert sunscreen_of(clinic, older)[1] == "superseded"


def test_of_two_procedures_at_one_time_the_one_entered_later_is_the_newer(clinic: ClinicDays) -> None:
    first = clinic.record_on_time(LASER, "2026-03-03 10:00")
    second = clinic.record(NEEDLING, "2026-03-03 10:00")

    assert (set(sunscreen_of(clinic, first)), set(sunscreen_of(clinic, second))) == ({"superseded"}, {"scheduled"})


def test_an_older_procedure_entered_late_supersedes_nothing(clinic: ClinicDays) -> None:
    newer = clinic.record_on_time(LASER, "2026-03-10 10:00")
    older = clinic.record(NEEDLING, "2026-03-03 10:00")

    assert set(sunscreen_of(clinic, newer)) == {"scheduled"}
    assert sunscreen_of(clinic, older)[1:] == ["superseded"] * 3


def test_a_newer_procedure_leaves_the_other_texts_of_the_older_one_alone(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.record_on_time(NEEDLING, "2026-03-11 10:00")

    assert clinic.plan_of("pinkness") == [(1, "2026-03-15 10:00", "scheduled", None)]


def test_what_a_cancelled_newer_procedure_had_superseded_comes_back_where_it_is_due_later(clinic: ClinicDays) -> None:
    older = clinic.record_on_time(NEEDLING, "2026-03-03 10:00")
    newer = clinic.at("2026-03-04 09:00").dispatch().record_on_time(LASER, "2026-03-10 10:00")
    clinic.at("2026-03-12 10:00").cancel(newer)

    assert sunscreen_of(clinic, older) == ["sent", "superseded", "scheduled", "scheduled"]


def test_what_comes_back_and_is_due_by_now_does_not_leave_late(any_clinic: ClinicDays) -> None:
    any_clinic.record_on_time(NEEDLING, "2026-03-03 10:00")
    newer = any_clinic.at("2026-03-04 09:00").dispatch().record_on_time(LASER, "2026-03-10 10:00")
    any_clinic.at("2026-03-12 10:00").cancel(newer)
    any_clinic.dispatch().at("2026-03-18 09:00").dispatch()

    assert any_clinic.sent_short() == [("2026-03-04 09:00", "sunscreen 1"), ("2026-03-18 09:00", "sunscreen 3")]


def test_what_never_had_a_row_does_not_come_back_late_either(clinic: ClinicDays) -> None:
    newer = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.record(NEEDLING, "2026-03-03 11:00")
    clinic.at("2026-03-12 10:00").cancel(newer)
    clinic.dispatch().at("2026-03-18 09:00").dispatch()

    assert clinic.sent_short() == [("2026-03-18 09:00", "sunscreen 3")]


def test_what_a_newer_procedure_had_superseded_comes_back_where_its_date_is_corrected_to_before(
    clinic: ClinicDays,
) -> None:
    older = clinic.record_on_time(NEEDLING, "2026-03-03 10:00")
    newer = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.correct(newer, "2026-03-02 10:00")

    assert sunscreen_of(clinic, older)[1:] == ["scheduled"] * 3
