"""P6: what leaves late, and what does not."""

from __future__ import annotations

from datetime import timedelta

from tests.clinic import LASER, NEEDLING, ClinicDays


def test_a_laser_entered_two_days_late_gets_no_icing_and_shows_all_eight_closed(any_clinic: ClinicDays) -> None:
    any_clinic.at("2026-03-12 10:30").record(LASER, "2026-03-10 10:00")

    statuses = [(number, status, reason) for number, _, status, reason in any_clinic.plan_of("icing")]

    assert statuses == [
        (1, "expired", "entered_late"),
        (2, "expired", "entered_late"),
        (3, "expired", "entered_late"),
        (4, "expired", "entered_late"),
        (5, "skipped", "quiet_hours"),
        (6, "skipped", "quiet_hours"),
        (7, "skipped", "quiet_hours"),
        (8, "skipped", "quiet_hours"),
    ]


def test_a_laser_entered_two_days_late_still_gets_what_is_of_use(clinic: ClinicDays) -> None:
    clinic.at("2026-03-12 10:30").record(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-16 20:00")

    assert clinic.sent_short() == [
        ("2026-03-12 10:30", "swelling 1 + sunscreen 1"),
        ("2026-03-15 10:00", "pinkness 1"),
    ]


def test_a_laser_ended_at_19_50_and_entered_at_20_05_gets_its_first_icing_at_08_00(any_clinic: ClinicDays) -> None:
    any_clinic.at("2026-03-10 20:05").record(LASER, "2026-03-10 19:50")
    any_clinic.run_until("2026-03-11 20:00")

    assert any_clinic.sent_short()[:2] == [("2026-03-11 08:00", "icing 1"), ("2026-03-11 09:00", "sunscreen 1")]


def test_a_laser_ended_at_17_30_and_entered_at_20_45_gets_its_first_icing_at_08_30(clinic: ClinicDays) -> None:
    clinic.at("2026-03-10 20:45").record(LASER, "2026-03-10 17:30")
    clinic.run_until("2026-03-11 20:00")

    assert clinic.sent_short() == [
        ("2026-03-11 08:30", "icing 6"),
        ("2026-03-11 09:00", "sunscreen 1"),
        ("2026-03-11 11:30", "icing 7"),
        ("2026-03-11 14:30", "icing 8"),
    ]


# ---- only the latest counts ------------------------------------------------------------------------------------


def test_of_the_past_due_sunscreen_texts_only_the_latest_leaves(clinic: ClinicDays) -> None:
    clinic.at("2026-03-26 11:00").record(NEEDLING, "2026-03-10 10:00")
    clinic.dispatch()

    assert clinic.sent_short() == [("2026-03-26 11:00", "sunscreen 3")]
    assert [status for _, _, status, _ in clinic.plan_of("sunscreen")] == ["expired", "expired", "sent", "scheduled"]


def test_a_late_text_leaves_once(clinic: ClinicDays) -> None:
    clinic.at("2026-03-26 11:00").record(NEEDLING, "2026-03-10 10:00")
    clinic.run_until("2026-03-27 12:00")

    assert clinic.sent_short() == [("2026-03-26 11:00", "sunscreen 3")]


def test_a_late_text_that_may_wait_leaves_when_the_quiet_hours_end(clinic: ClinicDays) -> None:
    clinic.at("2026-03-26 21:00").record(NEEDLING, "2026-03-10 10:00")
    clinic.run_until("2026-03-27 12:00")

    assert clinic.sent_short() == [("2026-03-27 08:00", "sunscreen 3")]


def test_a_late_text_that_would_leave_after_its_time_does_not(clinic: ClinicDays) -> None:
    clinic.at("2026-03-14 00:30").record(LASER, "2026-03-10 10:00")

    assert clinic.plan_of("swelling") == [(1, "2026-03-12 10:00", "expired", "entered_late")]


def test_a_visit_booked_on_the_evening_before_is_named_in_the_morning(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.at("2026-04-09 21:00").dispatch().book(LASER, "2026-04-10 10:00")
    clinic.run_until("2026-04-10 09:00")

    assert clinic.sent_short()[-1] == ("2026-04-10 08:00", "preparation 1")


def test_a_visit_booked_at_night_for_first_thing_next_morning_is_not_named(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.at("2026-04-09 21:00").dispatch().book(LASER, "2026-04-10 08:00")

    assert clinic.plan_of("preparation") == [(1, "2026-04-09 10:00", "expired", "entered_late")]


# ---- a series that repeats in hours ------------------------------------------------------------------------------


def test_a_late_icing_leaves_now_where_the_next_is_half_the_interval_away(clinic: ClinicDays) -> None:
    clinic.at("2026-03-10 11:30").record(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-10 14:00")

    assert clinic.sent_short() == [("2026-03-10 11:30", "icing 1"), ("2026-03-10 13:00", "icing 2")]


def test_a_late_icing_is_dropped_where_the_next_is_nearer(clinic: ClinicDays) -> None:
    clinic.at("2026-03-10 11:31").record(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-10 14:00")

    assert clinic.sent_short() == [("2026-03-10 13:00", "icing 2")]
    assert clinic.plan_of("icing")[0] == (1, "2026-03-10 10:00", "expired", "next_is_near")


def test_a_late_icing_is_dropped_where_the_last_one_left_nearer(clinic: ClinicDays) -> None:
    procedure = clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.dispatch().at("2026-03-10 11:00").correct(procedure, "2026-03-10 07:30")
    clinic.run_until("2026-03-10 14:00")

    assert clinic.sent_short() == [("2026-03-10 10:00", "icing 1"), ("2026-03-10 13:30", "icing 3")]
    assert clinic.plan_of("icing")[1] == (2, "2026-03-10 10:30", "expired", "next_is_near")


# ---- the service was down ----------------------------------------------------------------------------------------


def test_after_18_hours_down_over_night_the_first_icing_stands_in_at_08_00(any_clinic: ClinicDays) -> None:
    any_clinic.record_on_time(LASER, "2026-03-10 10:00")
    any_clinic.at("2026-03-11 04:00").run_until("2026-03-11 12:00")

    assert any_clinic.sent_short() == [("2026-03-11 08:00", "icing 1"), ("2026-03-11 09:00", "sunscreen 1")]


def test_after_18_hours_down_no_icing_stands_in_where_one_had_left_before(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-10 13:00").at("2026-03-11 07:00").run_until("2026-03-11 12:00")

    assert clinic.sent_short() == [("2026-03-10 10:00", "icing 1"), ("2026-03-11 09:00", "sunscreen 1")]


def test_after_18_hours_down_what_did_not_leave_is_closed_with_the_reason(clinic: ClinicDays) -> None:
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-10 13:00").at("2026-03-11 07:00").dispatch()

    assert [(status, reason) for _, _, status, reason in clinic.plan_of("icing")] == [
        ("sent", None),
        ("expired", "service_late"),
        ("expired", "service_late"),
        ("expired", "service_late"),
        ("skipped", "quiet_hours"),
        ("skipped", "quiet_hours"),
        ("skipped", "quiet_hours"),
        ("skipped", "quiet_hours"),
    ]


def test_after_18_hours_down_by_day_only_the_latest_sunscreen_text_leaves(clinic: ClinicDays) -> None:
    clinic.record_on_time(NEEDLING, "2026-03-10 10:00")
    clinic.run_until("2026-03-10 20:00").at("2026-03-11 14:00").run_until("2026-03-11 20:00")

    assert clinic.sent_short() == [("2026-03-11 14:00", "sunscreen 1")]


def test_after_five_days_down_what_is_of_no_use_any_more_is_expired(clinic: ClinicDays) -> None:
    """R13"""
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.at("2026-03-15 10:30").dispatch()

    assert clinic.sent_short() == [("2026-03-15 10:30", "pinkness 1 + sunscreen 1")]
    assert clinic.plan_of("swelling") == [(1, "2026-03-12 10:00", "expired", "service_late")]


def test_nothing_leaves_with_less_than_30_seconds_of_use_left(clinic: ClinicDays) -> None:
    """R13"""
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.book(LASER, "2026-04-10 10:00")
    clinic.at("2026-04-10 10:00").clock.now -= timedelta(seconds=29)
    clinic.dispatch()

    assert clinic.plan_of("preparation") == [(1, "2026-04-09 10:00", "expired", "service_late")]


# ---- the provider was paused -------------------------------------------------------------------------------------


def test_while_the_provider_is_paused_reminders_wait(clinic: ClinicDays) -> None:
    clinic.suspend()
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-10 12:00")

    assert clinic.sent() == []
    assert clinic.plan_of("icing")[0] == (1, "2026-03-10 10:00", "scheduled", None)


def test_of_what_waited_for_a_paused_provider_only_the_latest_leaves(any_clinic: ClinicDays) -> None:
    any_clinic.suspend()
    any_clinic.record_on_time(LASER, "2026-03-10 10:00")
    any_clinic.run_until("2026-03-10 17:10").reinstate()
    any_clinic.run_until("2026-03-10 20:00")

    assert any_clinic.sent_short() == [("2026-03-10 17:10", "icing 3"), ("2026-03-10 19:00", "icing 4")]
    assert [status for _, _, status, _ in any_clinic.plan_of("icing")][:4] == ["expired", "expired", "sent", "sent"]


def test_what_waited_for_a_paused_provider_is_dropped_where_the_next_is_near(clinic: ClinicDays) -> None:
    clinic.suspend()
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.run_until("2026-03-10 18:00").reinstate()
    clinic.run_until("2026-03-10 20:00")

    assert clinic.sent_short() == [("2026-03-10 19:00", "icing 4")]
    assert clinic.plan_of("icing")[2] == (3, "2026-03-10 16:00", "expired", "next_is_near")


def test_what_a_pause_outlasts_expires_while_it_lasts(clinic: ClinicDays) -> None:
    """R13"""
    clinic.suspend()
    clinic.record_on_time(LASER, "2026-03-10 10:00")
    clinic.at("2026-03-12 10:00").dispatch().at("2026-03-14 00:00").dispatch()

    assert clinic.plan_of("swelling") == [(1, "2026-03-12 10:00", "expired", "service_late")]


def test_what_will_be_overtaken_by_a_skipped_one_is_not_shown_as_leaving(clinic: ClinicDays) -> None:
    """Moved into the past by a correction at night: by the morning a later one counts, and that one is dropped."""
    procedure = clinic.at("2026-03-07 17:30").record(LASER, "2026-03-07 15:59")
    clinic.run_until("2026-03-07 20:00").correct(procedure, "2026-03-07 18:59")
    assert clinic.plan_of("icing")[0][2:] == ("expired", "next_is_near")

    clinic.run_until("2026-03-08 08:30")
    assert [rule for _, rule in clinic.sent_short()] == ["icing 2"]
