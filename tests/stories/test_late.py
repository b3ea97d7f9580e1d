"""P6: what leaves late, and what does not."""

from __future__ import annotations

from tests.clinic import LASER, ClinicDays


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
