"""A patient's zone, number, address, language or consent changes: the same replan, and nothing that left moves."""

from __future__ import annotations

from tests.clinic import LASER, NEEDLING, ClinicDays


def test_a_new_time_zone_moves_what_is_pending(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.edit(time_zone="America/Los_Angeles")
    clinic.at("2026-03-11 11:59").dispatch().at("2026-03-11 12:00").dispatch()

    assert clinic.sent_short() == [("2026-03-11 12:00", "sunscreen 1")]


def test_a_new_time_zone_leaves_what_was_sent_as_it_was(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 14:00")
    clinic.dispatch().edit(time_zone="America/Los_Angeles")
    clinic.run_until("2026-03-10 16:00")

    assert clinic.sent_short() == [("2026-03-10 14:00", "icing 1")]


def test_a_new_number_gets_what_is_still_to_come(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.dispatch().edit(phone="+16175550143")
    clinic.at("2026-03-10 13:00").dispatch()

    assert [sent.to for sent in clinic.sent()] == ["+16175550142", "+16175550143"]


def test_a_new_address_gets_what_is_still_to_come(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00", consent=("email",))
    clinic.dispatch().edit(email="ana.diaz@example.org")
    clinic.at("2026-03-10 13:00").dispatch()

    assert [sent.to for sent in clinic.sent()] == ["ana@example.org", "ana.diaz@example.org"]


def test_a_number_taken_away_turns_pending_reminders_to_email(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.edit(phone="")

    assert {line.channel for line in clinic.plan()} == {"email"}


def test_another_language_moves_nothing(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    once = clinic.plan()
    clinic.edit(language="es")

    assert clinic.plan() == once


# ---- consent -----------------------------------------------------------------------------------------------------


def test_without_consent_everything_is_withheld_and_shown_so(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00", consent=())
    clinic.run_until("2026-03-11 12:00")

    assert clinic.sent() == []
    assert {(line.status, line.reason) for line in clinic.plan()} == {("withheld", "no_consent")}


def test_consent_given_later_brings_what_is_still_of_use(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00", consent=())
    clinic.at("2026-03-12 15:00").opt_in("sms")
    clinic.dispatch()

    assert clinic.sent_short() == [("2026-03-12 15:00", "sunscreen 1")]


def test_with_consent_for_email_alone_everything_goes_by_email(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00", consent=("email",))
    clinic.dispatch()

    assert [sent.channel for sent in clinic.sent()] == ["email"]


def test_with_consent_for_both_channels_one_message_goes_and_it_is_a_text(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.dispatch()

    assert [sent.channel for sent in clinic.sent()] == ["sms"]


def test_a_rule_that_prefers_email_gets_email(clinic: ClinicDays) -> None:
    clinic.edit_config(
        "expires = { end_of_day = 3, source", 'channels = ["email", "sms"]\nexpires = { end_of_day = 3, source'
    )
    clinic.record_on_time(LASER, "2026-03-10 10:00")

    assert {line.channel for line in clinic.plan() if line.rule == "swelling"} == {"email"}
    assert {line.channel for line in clinic.plan() if line.rule == "pinkness"} == {"sms"}


# ---- opting out and in -------------------------------------------------------------------------------------------


def test_after_opting_out_pending_reminders_go_by_the_other_channel(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.dispatch().opt_out("sms")
    clinic.at("2026-03-10 13:00").dispatch()

    assert [(sent.at, sent.channel) for sent in clinic.sent()] == [
        ("2026-03-10 10:00", "sms"),
        ("2026-03-10 13:00", "email"),
    ]


def test_after_opting_out_of_the_only_channel_with_consent_nothing_more_leaves(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00", consent=("sms",))
    clinic.dispatch().opt_out("sms")
    clinic.run_until("2026-03-11 12:00")

    assert clinic.sent_short() == [("2026-03-10 10:00", "icing 1")]
    assert {line.reason for line in clinic.plan() if line.status == "withheld"} >= {"opted_out"}


def test_after_opting_out_of_both_channels_nothing_more_leaves(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.opt_out("sms")
    clinic.opt_out("email")
    clinic.run_until("2026-03-11 12:00")

    assert clinic.sent() == []


def test_an_opt_out_holds_for_everyone_who_is_entered_with_the_number(any_clinic: ClinicDays) -> None:
    """C11"""
    any_clinic.record_on_time(NEEDLING, "2026-03-10 10:00", consent=("sms",))
    any_clinic.record(NEEDLING, "2026-03-10 10:00", name="Ben Diaz", email=None, consent=("sms",))
    any_clinic.opt_out("sms", patient_id=1)
    any_clinic.run_until("2026-03-11 12:00")

    assert (any_clinic.sent(1), any_clinic.sent(2)) == ([], [])


def test_entering_the_number_again_under_another_patient_does_not_undo_an_opt_out(clinic: ClinicDays) -> None:
    """C11"""
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00", consent=("sms",))
    clinic.opt_out("sms")
    clinic.record(NEEDLING, "2026-03-10 10:00", name="Ben Diaz", phone="(617) 555-0142", email=None, consent=("sms",))
    clinic.run_until("2026-03-11 12:00")

    assert clinic.sent(2) == []
    assert {line.reason for line in clinic.plan(2)} == {"opted_out"}


def test_an_address_opted_out_in_other_letters_is_the_same_address(clinic: ClinicDays) -> None:
    """C11"""
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00", consent=("email",))
    clinic.opt_out("email")
    clinic.record(
        NEEDLING, "2026-03-10 10:00", name="Ben Diaz", phone=None, email="Ana@Example.org", consent=("email",)
    )

    assert {line.reason for line in clinic.plan(2)} == {"opted_out"}


def test_a_new_number_is_not_bound_by_the_opt_out_of_the_old(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00", consent=("sms",))
    clinic.opt_out("sms")
    clinic.edit(phone="+16175550143")
    clinic.at("2026-03-11 09:00").dispatch()

    assert [sent.to for sent in clinic.sent()] == ["+16175550143"]


def test_after_opting_in_again_reminders_are_texts_again(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.opt_out("sms")
    clinic.opt_in("sms")
    clinic.at("2026-03-11 09:00").dispatch()

    assert [sent.channel for sent in clinic.sent()] == ["sms"]
