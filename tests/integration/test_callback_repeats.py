"""`GET /callback`: the same redirect again, or one that only looks the same."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlencode

import pytest

from tests.integration.runner import Answer, Runner, state_of
from tests.integration.scripted_trainingpeaks import (
    PROFILE,
    TOKEN,
    Reply,
    ScriptedTrainingPeaks,
    after,
    new_athlete,
    says,
)
from tests.integration.stored import StoredItems
from tests.integration.worker import Worker

LIFETIME = timedelta(minutes=15)
DEAD_EXCHANGE = timedelta(seconds=29)


def _ended(kind: str) -> tuple[str, Reply] | None:
    return {
        "permission_missing": (PROFILE, says(403, {})),
        "profile_data_missing": (PROFILE, says(404, {})),
        "coach_account": (PROFILE, says(200, ["not a valid athlete"])),
        "trainingpeaks_unavailable": (TOKEN, says(500, {})),
        "configuration_error": (TOKEN, says(401, {})),
        "expired": (TOKEN, says(400, {"error": "invalid_grant"})),
    }.get(kind)


@pytest.mark.parametrize(
    "outcome",
    [
        "authorized",
        "permission_missing",
        "profile_data_missing",
        "coach_account",
        "trainingpeaks_unavailable",
        "configuration_error",
        "expired",
    ],
)
def test_the_same_code_again_ends_the_same_and_exchanges_nothing(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, outcome: str
) -> None:
    if script := _ended(outcome):
        trainingpeaks.script(*script)
    query = runner.allowed()
    first = runner.come_back(query)
    asked, items = trainingpeaks.requests.total(), stored.account_item(runner.user)

    repeats = [runner.come_back(query) for _ in range(3)]

    assert first.outcome == outcome
    assert [answer.landing for answer in repeats] == [first.landing] * 3
    assert trainingpeaks.requests.total() == asked
    assert stored.account_item(runner.user) == items


def test_the_same_code_again_shows_the_same_confirmation_code_after_the_link(runner: Runner) -> None:
    authorised = runner.linked()

    landing = runner.come_back(authorised.query).landing

    assert landing["outcome"] == "authorized"
    assert landing["confirmation_code"] == authorised.confirmation_code


@pytest.mark.parametrize("ending", ["authorized", "linked", "failed"])
def test_however_an_attempt_ended_after_its_time_its_code_again_is_expired(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, ending: str
) -> None:
    if ending == "failed":
        trainingpeaks.script(TOKEN, says(500, {}))
    query = runner.allowed()
    landing = runner.come_back(query).landing
    if ending == "linked":
        runner.present(landing["attempt_id"], landing["confirmation_code"])
    assert runner.status().json["attempt"]["status"] == ending
    stored.age(runner.user, LIFETIME)

    assert runner.come_back(query).landing == {"attempt_id": landing["attempt_id"], "outcome": "expired"}


def test_a_cancelled_attempts_error_again_is_expired_after_its_time(runner: Runner, stored: StoredItems) -> None:
    _, url = runner.started()
    assert runner.come_back_denied(url).outcome == "cancelled"
    stored.age(runner.user, LIFETIME)

    assert runner.come_back_denied(url).outcome == "expired"


def test_a_replaced_attempts_code_again_is_expired_and_disturbs_nothing(runner: Runner, stored: StoredItems) -> None:
    old = runner.authorised()
    stored.age(runner.user, LIFETIME)
    new = runner.authorised()

    assert runner.come_back(old.query).landing == {"outcome": "expired"}
    assert runner.confirm(new).status == 200


@pytest.mark.parametrize("linked", [True, False])
def test_the_code_again_after_an_unlink_is_expired(runner: Runner, *, linked: bool) -> None:
    authorised = runner.linked() if linked else runner.authorised()
    runner.unlink()

    assert runner.come_back(authorised.query).outcome == "expired"
    assert runner.status().json["linked"] is False


def test_a_state_redeemed_after_its_time_is_expired(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    query = runner.allowed()
    stored.age(runner.user, LIFETIME)
    before = trainingpeaks.requests.total()

    assert runner.come_back(query).outcome == "expired"
    assert trainingpeaks.requests.total() == before


def _unauthorised_repeats(authorised_query: str) -> dict[str, str]:
    query = {name: values[0] for name, values in parse_qs(authorised_query).items()}
    return {
        "another code": urlencode(query | {"code": "another-code"}),
        "a longer code": urlencode(query | {"code": query["code"] + "x"}),
        "no code": urlencode({"state": query["state"]}),
        "an empty code": urlencode({"state": query["state"], "code": ""}),
        "an error": urlencode({"state": query["state"], "error": "access_denied"}),
        "both": urlencode(query | {"error": "access_denied"}),
        "the code twice": urlencode(query) + "&" + urlencode({"code": query["code"]}),
        "the state twice": urlencode(query) + "&" + urlencode({"state": query["state"]}),
        "anything twice": urlencode(query) + "&a=1&a=2",
    }


@pytest.mark.parametrize("name", _unauthorised_repeats("code=c&state=s"))
@pytest.mark.parametrize("confirmed", [True, False])
def test_a_redeemed_state_with_anything_but_its_code_learns_and_changes_nothing(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, name: str, *, confirmed: bool
) -> None:
    authorised = runner.linked() if confirmed else runner.authorised()
    before, asked = stored.all_of(runner.user, runner.athlete.id), trainingpeaks.requests.total()

    answer = runner.come_back(_unauthorised_repeats(authorised.query)[name])

    assert answer.outcome == "expired"
    assert "confirmation_code" not in answer.landing
    assert (stored.all_of(runner.user, runner.athlete.id), trainingpeaks.requests.total()) == (before, asked)
    assert runner.confirm(authorised).status == 200


def test_an_error_repeated_stays_what_it_was(runner: Runner) -> None:
    attempt_id, url = runner.started()
    denied = urlencode({"error": "access_denied", "state": state_of(url)})
    other = urlencode({"error": "server_error", "state": state_of(url)})

    outcomes = [runner.come_back(query).outcome for query in (denied, denied, other)]

    assert outcomes == ["cancelled"] * 3
    assert runner.attempt() == ("cancelled", "cancelled")
    assert runner.come_back(denied).landing["attempt_id"] == attempt_id


def test_a_code_after_an_error_is_expired(runner: Runner, trainingpeaks: ScriptedTrainingPeaks) -> None:
    _, url = runner.started()
    runner.come_back(urlencode({"error": "access_denied", "state": state_of(url)}))
    before = trainingpeaks.requests.total()

    assert runner.come_back(trainingpeaks.allow(url, runner.athlete)).outcome == "expired"
    assert trainingpeaks.requests.total() == before
    assert runner.attempt() == ("cancelled", "cancelled")


def test_an_error_for_a_failed_attempt_changes_nothing(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    _, url = runner.started()
    trainingpeaks.script(TOKEN, says(500, {}))
    runner.come_back(trainingpeaks.allow(url, runner.athlete))
    before = stored.account_item(runner.user)

    assert runner.come_back(urlencode({"error": "access_denied", "state": state_of(url)})).outcome == "expired"
    assert stored.account_item(runner.user) == before


@pytest.mark.parametrize("ending", ["time", "replacement", "unlink"])
def test_an_error_for_an_attempt_that_is_over_is_expired(runner: Runner, stored: StoredItems, ending: str) -> None:
    _, url = runner.started()
    denied = urlencode({"error": "access_denied", "state": state_of(url)})
    if ending == "unlink":
        runner.come_back(denied)
        runner.unlink()
        runner.start()
        runner.unlink()
    else:
        stored.age(runner.user, LIFETIME)
    if ending == "replacement":
        runner.start()

    assert runner.come_back(denied).outcome == "expired"


@pytest.mark.parametrize(
    "end",
    [
        lambda runner, state: runner.come_back(urlencode({"error": "access_denied", "state": state})),
        lambda runner, state: runner.come_back(urlencode({"code": "made-up", "state": state})),
    ],
    ids=["cancelled", "failed"],
)
def test_an_ended_attempt_is_expired_after_an_unlink(runner: Runner, end: Callable[[Runner, str], Answer]) -> None:
    """The link that is unlinked is an older one: the attempt to authorise again has failed."""
    runner.linked()
    _, url = runner.started()
    end(runner, state_of(url))
    runner.unlink()

    assert end(runner, state_of(url)).outcome == "expired"
    assert runner.attempt() == ("expired", None)


def test_two_devices_with_one_state_the_first_code_wins(runner: Runner, trainingpeaks: ScriptedTrainingPeaks) -> None:
    attempt_id, url = runner.started()
    first_device = trainingpeaks.allow(url, runner.athlete)
    second_device = trainingpeaks.allow(url, new_athlete())

    won = runner.come_back(first_device)
    lost = runner.come_back(second_device)

    assert (won.outcome, lost.outcome) == ("authorized", "expired")
    assert runner.present(attempt_id, won.landing["confirmation_code"]).status == 200
    assert runner.status().json["athlete"]["id"] == runner.athlete.id


def test_while_the_exchange_runs_its_repeat_waits_and_another_code_is_expired(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    _, url = runner.started()
    query = trainingpeaks.allow(url, runner.athlete)
    meanwhile: list[Answer] = []
    state = state_of(url)

    def come_back_meanwhile() -> None:
        others = (query, urlencode({"code": "another", "state": state}), urlencode({"error": "x", "state": state}))
        meanwhile.extend(runner.come_back(other) for other in others)

    trainingpeaks.script(TOKEN, after(come_back_meanwhile))
    final = runner.come_back(query)

    assert meanwhile[0].is_waiting_page
    assert not meanwhile[0].target
    assert meanwhile[0].is_private
    assert [answer.outcome for answer in meanwhile[1:]] == ["expired", "expired"]
    assert final.outcome == "authorized"
    assert runner.come_back(query).landing == final.landing


def test_an_exchange_that_died_asks_to_try_again_and_the_next_try_works(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, worker: Worker
) -> None:
    _, url = runner.started()
    query = trainingpeaks.allow(url, runner.athlete)
    died: list[Answer] = []

    def half_a_minute_passes() -> None:
        stored.age(runner.user, DEAD_EXCHANGE)
        died.extend([runner.come_back(query), runner.start()])
        assert runner.status().json["attempt"]["status"] == "pending"

    trainingpeaks.script(TOKEN, after(half_a_minute_passes))
    late = runner.come_back(query)

    assert died[0].outcome == "try_again"
    assert died[1].status == 201
    # It was not dead after all: too late all the same.
    assert late.outcome == "expired"
    (unused,) = stored.grants_of(runner.user)
    query = trainingpeaks.allow(died[1].json["authorization_url"], runner.athlete)
    back = runner.come_back(query)
    assert back.outcome == "authorized"
    assert runner.present(died[1].json["attempt_id"], back.landing["confirmation_code"]).status == 200
    assert not worker.drain()
    assert unused not in stored.grants_of(runner.user)
    assert stored.grants_of(runner.user) == [f"GRANT#{stored.claim(runner.athlete.id)['grant_id']}"]
