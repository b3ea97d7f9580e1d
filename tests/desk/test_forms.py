"""S4: nothing changes but by a form of ours, and signing in begins anew."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi import FastAPI

from reminders.accounts.users import disable_user, list_users
from reminders.store.engine import reading, writing
from tests.accounts.staff import PASSWORD, Staff
from tests.clinic import ClinicDays
from tests.desk.browser import ORIGIN, Browser

NEW_USER = {"name": "Ivo", "sign_in_name": "ivo", "role": "desk"}
CHANGED = "marble kettle sixpence"


def names(clinic: ClinicDays) -> list[str]:
    with reading(clinic.app.engine) as tx:
        return [line.sign_in_name for line in list_users(tx)]


# ---- where a form comes from -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    ["", "null", "http://evil.example", "http://127.0.0.1:8001", "https://127.0.0.1:8000", "http://127.0.0.1"],
)
def test_a_form_of_another_origin_is_refused(clinic: ClinicDays, olive: Browser, origin: str) -> None:
    """S4: with the right token, too."""
    answer = olive.submit("/users", NEW_USER, page="/users")
    assert answer.status_code == 200

    answer = olive.send("/users", {**NEW_USER, "sign_in_name": "eva", "form_token": olive.form_token()}, Origin=origin)

    assert answer.status_code == 403
    assert "eva" not in names(clinic)


def test_a_form_that_says_no_origin_at_all_is_refused(clinic: ClinicDays, olive: Browser) -> None:
    """S4"""
    answer = olive.client.post("/users", data={**NEW_USER, "form_token": olive.form_token()})

    assert answer.status_code == 403
    assert "ivo" not in names(clinic)


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
def test_a_form_without_its_token_is_refused(clinic: ClinicDays, olive: Browser, token: str | None) -> None:
    """S4"""
    fields = {**NEW_USER, **({} if token is None else {"form_token": token})}

    assert olive.send("/users", fields).status_code == 403
    assert "ivo" not in names(clinic)


def test_a_strangers_token_is_no_good_for_anybody_else(web: FastAPI, clinic: ClinicDays, olive: Browser) -> None:
    """S4"""
    token = Browser(web).form_token()

    assert olive.send("/users", {**NEW_USER, "form_token": token}).status_code == 403
    assert "ivo" not in names(clinic)


@pytest.mark.parametrize("body", ["application/json", "text/plain"])
def test_what_is_no_form_is_refused(clinic: ClinicDays, olive: Browser, body: str) -> None:
    """S4"""
    content = '{"name": "Ivo", "sign_in_name": "ivo", "role": "desk"}'
    answer = olive.client.post("/users", content=content, headers={"Origin": ORIGIN, "Content-Type": body})

    assert answer.status_code == 403
    assert "ivo" not in names(clinic)


def test_htmx_may_send_the_token_as_a_header(clinic: ClinicDays, olive: Browser) -> None:
    assert olive.send("/users", NEW_USER, **{"X-Form-Token": olive.form_token()}).status_code == 200
    assert "ivo" in names(clinic)


def test_a_form_grown_old_is_offered_again_and_nothing_typed_is_lost(clinic: ClinicDays, olive: Browser) -> None:
    """The user has signed in again in another tab."""
    old = olive.form_token("/users")
    olive.sign_in("olive")

    answer = olive.send("/users", {**NEW_USER, "form_token": old})

    assert answer.status_code == 403
    for name, value in NEW_USER.items():
        assert f'name="{name}" value="{value}"' in answer.text
    assert "ivo" not in names(clinic)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[", "192.0.2.1"])
def test_a_name_that_somebody_points_at_this_machine_is_refused(olive: Browser, host: str) -> None:
    """S4: DNS rebinding."""
    assert olive.get("/today", Host=host).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost:8000", "[::1]:8000"])
def test_every_name_of_loopback_is_its_own(olive: Browser, host: str) -> None:
    assert olive.get("/sign-in", Host=host).status_code == 200


# ---- what a form may hold ----------------------------------------------------------------------------------------


def test_an_oversized_form_is_refused(clinic: ClinicDays, olive: Browser) -> None:
    """S4"""
    answer = olive.submit("/users", {**NEW_USER, "name": "x" * 100_000})

    assert answer.status_code == 413
    assert "ivo" not in names(clinic)


def test_an_oversized_form_that_does_not_say_how_long_it_is_is_refused(olive: Browser) -> None:
    """S4: sent in pieces."""
    headers = {"Origin": ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
    pieces = (b"name=" + b"x" * 10_000 for _ in range(20))

    assert olive.client.post("/users", content=pieces, headers=headers).status_code == 413


def test_a_form_of_a_thousand_fields_is_refused(olive: Browser) -> None:
    fields = {f"field{number}": "x" for number in range(1000)}

    assert olive.submit("/users", {**NEW_USER, **fields}).status_code == 400


@pytest.mark.parametrize("name", ["Ivo\x00", "\x1b[2J", "\u202eovI"])
def test_a_name_that_is_no_text_is_refused(clinic: ClinicDays, olive: Browser, name: str) -> None:
    """S9: PostgreSQL could not even hold the first of them."""
    assert olive.submit("/users", {**NEW_USER, "name": name}).status_code in (400, 422)
    assert "ivo" not in names(clinic)


def test_a_file_is_refused(olive: Browser) -> None:
    token = olive.form_token()
    answer = olive.client.post(
        "/users", data={"form_token": token}, files={"name": ("x.txt", b"x")}, headers={"Origin": ORIGIN}
    )

    assert answer.status_code == 400


# ---- signing in and out ------------------------------------------------------------------------------------------


def test_a_planted_cookie_is_not_the_sign_in(web: FastAPI) -> None:
    """S4: fixation."""
    victim, planted = Browser(web), "A" * 43
    victim.client.cookies.set("desk", planted, domain="127.0.0.1", path="/")
    victim.sign_in()

    attacker = Browser(web)
    attacker.client.cookies.set("desk", planted, domain="127.0.0.1", path="/")

    assert attacker.get("/today").status_code == 303
    assert victim.get("/today").status_code == 200


def test_each_sign_in_changes_the_cookie(dora: Browser) -> None:
    """S4"""
    before = dora.cookie
    dora.sign_in()

    assert dora.cookie not in (before, None)


def test_the_old_cookie_is_of_no_use_after_signing_out(web: FastAPI, dora: Browser) -> None:
    """S4"""
    stolen = Browser(web)
    stolen.client.cookies = dora.client.cookies.__class__(dora.client.cookies)
    assert stolen.get("/today").status_code == 200

    dora.submit("/sign-out", page="/today")

    assert [stolen.get("/today").status_code, dora.get("/today").status_code] == [303, 303]


def test_a_disabled_user_is_out_with_the_next_click(clinic: ClinicDays, staff: Staff, dora: Browser) -> None:
    """S4"""
    token = dora.form_token("/today")
    with writing(clinic.app.engine) as tx:
        disable_user(tx, staff.dora, clinic.clock.now)

    assert dora.get("/today").status_code == 303
    assert dora.send("/password", {"form_token": token}).status_code == 403


def test_an_admin_who_disables_somebody_shows_them_out(olive: Browser, dora: Browser, staff: Staff) -> None:
    """S4"""
    assert olive.submit(f"/users/{staff.dora}/disable", page="/users").status_code == 303

    assert dora.get("/today").status_code == 303


@pytest.mark.parametrize(("minutes", "status"), [(29, 200), (31, 303)])
def test_a_desk_that_nobody_uses_is_signed_out(clinic: ClinicDays, dora: Browser, minutes: int, status: int) -> None:
    """S4"""
    clinic.clock.now += timedelta(minutes=minutes)

    assert dora.get("/today").status_code == status


def test_a_desk_in_use_is_signed_out_at_the_end_of_the_day(clinic: ClinicDays, dora: Browser) -> None:
    """S4: after 12 hours."""
    began = clinic.clock.now
    while dora.get("/today").status_code == 200:
        clinic.clock.now += timedelta(minutes=20)

    assert clinic.clock.now - began == timedelta(hours=12)


def test_what_is_sent_by_somebody_signed_out_can_be_sent_again(clinic: ClinicDays, olive: Browser) -> None:
    token = olive.form_token("/users")
    clinic.clock.now += timedelta(hours=1)

    answer = olive.send("/users", {**NEW_USER, "form_token": token})

    assert answer.status_code == 403
    assert 'name="sign_in_name" value="ivo"' in answer.text
    assert 'href="/sign-in"' in answer.text


def test_htmx_does_not_lead_away_from_what_is_typed(stranger: Browser) -> None:
    answer = stranger.get("/today", **{"HX-Request": "true"})

    assert answer.status_code == 403
    assert "You are signed out" in answer.text
    assert 'href="/sign-in"' in answer.text


def test_after_signing_in_one_is_where_one_wanted_to_be(stranger: Browser) -> None:
    assert stranger.get("/audit").headers["location"] == "/sign-in?to=/audit"
    assert stranger.sign_in("olive", to="/audit").headers["location"] == "/audit"


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/\\evil.example", "/\r\nX: y", "javascript:"]
)
def test_nobody_is_sent_to_another_site_after_signing_in(stranger: Browser, to: str) -> None:
    assert stranger.sign_in(to=to).headers["location"] == "/"


def test_the_sixth_wrong_password_is_held_back(stranger: Browser) -> None:
    """S5"""
    answers = [stranger.sign_in(password="wrong") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [403] * 5 + [429]
    assert stranger.sign_in().status_code == 429


def test_the_page_does_not_say_whether_there_is_such_a_user(stranger: Browser) -> None:
    """S5"""
    pages = [stranger.sign_in(name, "wrong").text.replace(name, "NAME") for name in ("dora", "nobody")]

    assert pages[0] == pages[1]


def test_a_password_is_never_shown_again(stranger: Browser) -> None:
    """S8"""
    assert "opensesame-opensesame" not in stranger.sign_in(password="opensesame-opensesame").text


def test_a_changed_password_is_good_at_once_and_the_old_one_is_not(web: FastAPI, dora: Browser) -> None:
    answer = dora.submit("/password", {"old_password": PASSWORD, "new_password": CHANGED}, page="/password")

    assert answer.status_code == 303
    assert dora.get("/today").status_code == 200
    assert Browser(web).sign_in(password=PASSWORD).status_code == 403
    assert signed_in_with(web, CHANGED)


def signed_in_with(web: FastAPI, password: str) -> bool:
    return Browser(web).sign_in(password=password).status_code == 303


# ---- the setup link ----------------------------------------------------------------------------------------------


def setup_path(olive: Browser, staff: Staff) -> str:
    page = olive.submit(f"/users/{staff.dora}/link", page="/users").text
    return page.partition(ORIGIN)[2].partition("<")[0]


def test_a_setup_link_lets_somebody_in_once(web: FastAPI, olive: Browser, staff: Staff, stranger: Browser) -> None:
    path = setup_path(olive, staff)
    assert stranger.get(path).status_code == stranger.get(path).status_code == 200

    answer = stranger.submit(path, {"password": CHANGED}, page=path)

    assert answer.status_code == 303
    assert stranger.get("/today").status_code == 200
    assert Browser(web).get(path).status_code == 404


def test_a_weak_password_leaves_the_setup_link_good(olive: Browser, staff: Staff, stranger: Browser) -> None:
    path = setup_path(olive, staff)

    assert stranger.submit(path, {"password": "dora"}, page=path).status_code == 422
    assert stranger.submit(path, {"password": CHANGED}, page=path).status_code == 303


def test_the_link_of_a_new_user_is_shown_once(olive: Browser) -> None:
    assert f"{ORIGIN}/setup/" in olive.submit("/users", NEW_USER, page="/users").text
    assert "/setup/" not in olive.get("/users").text


def test_the_same_form_sent_twice_adds_one_user(clinic: ClinicDays, olive: Browser) -> None:
    """S4: replayed."""
    answers = [olive.submit("/users", NEW_USER, page="/users").status_code for _ in range(2)]

    assert answers == [200, 422]
    assert names(clinic).count("ivo") == 1
