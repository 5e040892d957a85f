"""The page with the switches, as people use it without a script."""

import re
from datetime import timedelta

import httpx
import pytest

from local.trainingpeaks import Fault, Rule
from tests.e2e.trainingpeaks_simulator.rig import Simulator

PAGE = "/fault-switches"
FAULT = {
    "endpoint": "token",
    "kind": "status",
    "status": "503",
    "retry_after_seconds": "",
    "latency_seconds": "0",
    "which": "next",
    "times": "1",
    "percent": "10",
}


def submit(simulator: Simulator, form: str, fields: dict[str, str]) -> httpx.Response:
    page = simulator.http.get(PAGE).text
    assert f'action="{PAGE}/{form}"' in page
    token = re.findall(r'name="form_token" value="([^"]+)"', page)[0]
    return simulator.http.post(f"{PAGE}/{form}", data={"form_token": token} | fields, follow_redirects=True)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({}, Fault(status=503)),
        (
            {"retry_after_seconds": "30", "latency_seconds": "1.5"},
            Fault(status=503, retry_after_seconds=30, latency_seconds=1.5),
        ),
        ({"kind": "status_after", "status": "500"}, Fault(status=500, after_work=True)),
        ({"kind": "drop_before"}, Fault(drop="before")),
        ({"kind": "drop_after", "latency_seconds": "2"}, Fault(drop="after", latency_seconds=2)),
        ({"kind": "html"}, Fault(body="html")),
        ({"kind": "truncated"}, Fault(body="truncated")),
        ({"kind": "empty"}, Fault(body="empty")),
        ({"kind": "late", "latency_seconds": "0.25"}, Fault(latency_seconds=0.25)),
    ],
)
def test_every_kind_of_fault_can_be_chosen(simulator: Simulator, changed: dict[str, str], fault: Fault) -> None:
    page = submit(simulator, "fault", FAULT | changed)

    assert page.status_code == 200
    assert simulator.state.faults.rules == (Rule(endpoint="token", fault=fault, times=1),)


def test_faults_are_added_and_shown_in_words(simulator: Simulator) -> None:
    submit(simulator, "fault", FAULT | {"endpoint": "refresh", "times": "3", "retry_after_seconds": "30"})
    more = {"endpoint": "deauthorize", "kind": "drop_after", "latency_seconds": "2", "which": "chance"}
    page = submit(simulator, "fault", FAULT | more | {"percent": "12.5"}).text

    assert [rule.times for rule in simulator.state.faults.rules] == [3, None]
    assert [rule.probability for rule in simulator.state.faults.rules] == [None, 0.125]
    assert "the next 3 calls" in page
    assert "answers 503, Retry-After 30 s" in page
    assert "12.5 % of the calls" in page
    assert "waits 2 s, does the work and closes the connection" in page


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"status": "99"}, "status"),
        ({"status": "many"}, "status"),
        ({"times": "0"}, "times"),
        ({"which": "chance", "percent": "101"}, "percent"),
        ({"kind": "late", "latency_seconds": "601"}, "latency_seconds"),
        ({"endpoint": "home"}, "endpoint"),
    ],
)
def test_a_fault_that_cannot_be_is_shown_again_with_what_is_wrong(
    simulator: Simulator, changed: dict[str, str], field: str
) -> None:
    page = submit(simulator, "fault", FAULT | changed)

    assert page.status_code == 422
    assert simulator.state.faults.rules == ()
    assert 'role="alert"' in page.text
    assert "<title>Error: " in page.text
    (marked,) = re.findall(r'name="(\w+)"[^>]*aria-invalid="true"', page.text)
    assert marked == field


def test_what_was_filled_in_is_still_there(simulator: Simulator) -> None:
    page = submit(simulator, "fault", FAULT | {"kind": "late", "times": "4", "which": "chance"}).text

    assert "A fault needs a latency" in page
    assert re.search(r'<option value="late" selected>', page)
    assert re.search(r'name="times"[^>]*value="4"', page)
    assert re.search(r'value="chance" checked', page)


def test_the_behaviour_can_be_set(simulator: Simulator) -> None:
    fields = {"access_token_lifetime_seconds": "30", "deauthorize_ends_all": "on", "new_grant_ends_older": "on"}
    page = submit(simulator, "behaviour", fields).text

    state = simulator.state
    assert state.access_token_lifetime == timedelta(seconds=30)
    assert (state.rotates, state.deauthorize_ends_all, state.new_grant_ends_older) == (False, True, True)
    assert 'name="access_token_lifetime_seconds" type="number" inputmode="decimal" value="30"' in page
    assert re.findall(r'name="(\w+)" checked', page) == ["deauthorize_ends_all", "new_grant_ends_older"]


def test_setting_the_behaviour_leaves_the_faults(simulator: Simulator) -> None:
    simulator.state.faults.next("token", Fault(status=503))

    submit(simulator, "behaviour", {"access_token_lifetime_seconds": "30", "rotates": "on"})

    assert len(simulator.state.faults.rules) == 1


def test_a_bad_token_life_changes_nothing(simulator: Simulator) -> None:
    page = submit(simulator, "behaviour", {"access_token_lifetime_seconds": "", "new_grant_ends_older": "on"})

    assert page.status_code == 422
    assert simulator.state.rotates
    assert not simulator.state.new_grant_ends_older
    assert re.findall(r'name="(\w+)" checked', page.text) == ["new_grant_ends_older"]


def test_everything_can_be_put_back(simulator: Simulator) -> None:
    simulator.state.faults.next("token", Fault(status=503))
    simulator.state.rotates = False

    page = submit(simulator, "clear", {}).text

    assert "No faults." in page
    assert simulator.state.rotates


@pytest.mark.parametrize("token", [None, "", "guess", "☃"])
@pytest.mark.parametrize("form", ["fault", "behaviour", "clear"])
def test_a_form_that_another_page_made_is_refused(simulator: Simulator, form: str, token: str | None) -> None:
    simulator.state.faults.next("token", Fault(status=429))
    fields = FAULT | ({} if token is None else {"form_token": token})

    page = simulator.http.post(f"{PAGE}/{form}", data=fields)

    assert page.status_code == 403
    assert 'role="alert"' in page.text
    assert simulator.state.faults.rules == (Rule(endpoint="token", fault=Fault(status=429), times=1),)


def test_the_page_is_refused_under_a_name_that_was_pointed_here(simulator: Simulator) -> None:
    page = simulator.http.get(PAGE, headers={"Host": "kinni.example"})

    assert page.status_code == 403
    assert simulator.state.form_token not in page.text


def test_what_happened_is_shown(simulator: Simulator) -> None:
    simulator.state.faults.next("exchange", Fault(body="empty"))
    simulator.exchange(simulator.code())
    simulator.link()

    page = " ".join(simulator.http.get(PAGE).text.split())

    assert "Exchange of a code</th> <td>2</td> <td>1</td>" in page
    assert "Grants alive: 2, of which nobody got the tokens: 1" in page
    assert "gAAAA" not in page


def test_the_home_page_leads_there(simulator: Simulator) -> None:
    assert f'href="{PAGE}"' in simulator.http.get("/").text


def test_the_page_runs_no_script_and_stays_out_of_frames_and_caches(simulator: Simulator) -> None:
    page = simulator.http.get(PAGE)

    assert "<script" not in page.text
    assert "frame-ancestors 'none'; form-action 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


def test_every_field_has_a_label(simulator: Simulator) -> None:
    page = simulator.http.get(PAGE).text

    named = re.findall(r'<(?:select|input) id="(\w+)"', page)
    assert sorted(named) == sorted(re.findall(r'<label for="(\w+)"', page))
    assert len(named) == len(set(named)) == 8
