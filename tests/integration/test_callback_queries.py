"""`GET /callback`: queries that make no sense, and odd ones that do."""

from urllib.parse import urlencode

import pytest

from tests.integration.aws_calls import AwsCalls, requests
from tests.integration.runner import NewRunner, Runner, state_of
from tests.integration.scripted_trainingpeaks import (
    TOKEN,
    ScriptedTrainingPeaks,
    says,
)
from tests.integration.stored import StoredItems


def _malformed(state: str) -> dict[str, str]:
    return {
        "neither": urlencode({"state": state}),
        "both": urlencode({"state": state, "code": "c", "error": "access_denied"}),
        "both empty": urlencode({"state": state, "code": "", "error": ""}),
        "an empty code": urlencode({"state": state, "code": ""}),
        "an empty error": urlencode({"state": state, "error": ""}),
        "an empty code and an error": urlencode({"state": state, "code": "", "error": "access_denied"}),
        "the code twice": urlencode({"state": state}) + "&code=a&code=b",
        "the same code twice": urlencode({"state": state}) + "&code=a&code=a",
        "the error twice": urlencode({"state": state}) + "&error=access_denied&error=access_denied",
        "the state twice": urlencode({"state": state, "code": "c"}) + "&" + urlencode({"state": state}),
        "another state": urlencode({"state": state, "code": "c"}) + "&state=x",
        "a long code": urlencode({"state": state, "code": "c" * 4097}),
        "a long state": urlencode({"state": state + "A" * 512, "code": "c"}),
        "no state": "code=c",
        "nothing": "",
        "only separators": "&&=&==&",
        "a long query": urlencode({"state": state, "code": "c", "padding": "p" * 17_000}),
        "a changed secret": urlencode({"state": state[:-1] + ("A" if state[-1] != "A" else "B"), "code": "c"}),
        "a changed locator": urlencode({"state": ("A" if state[0] != "A" else "B") + state[1:], "code": "c"}),
        "a state in capitals": urlencode({"state": state.upper(), "code": "c"}),
        "a state with a space": urlencode({"state": f" {state}", "code": "c"}),
    }


@pytest.mark.parametrize("name", _malformed("s"))
def test_a_query_that_makes_no_sense_writes_nothing_and_the_attempt_goes_on(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, name: str
) -> None:
    _, url = runner.started()
    before, asked = stored.all_of(runner.user, runner.athlete.id), trainingpeaks.requests.total()

    answer = runner.come_back(_malformed(state_of(url))[name])

    assert answer.status in {200, 303}
    assert answer.outcome == "expired"
    assert (stored.all_of(runner.user, runner.athlete.id), trainingpeaks.requests.total()) == (before, asked)
    assert runner.come_back(trainingpeaks.allow(url, runner.athlete)).outcome == "authorized"


def test_a_code_of_4096_characters_is_exchanged(runner: Runner, trainingpeaks: ScriptedTrainingPeaks) -> None:
    _, url = runner.started()
    trainingpeaks.script(TOKEN, says(500, {}))

    answer = runner.come_back(urlencode({"code": "%" * 4096, "state": state_of(url)}))

    assert answer.outcome == "trainingpeaks_unavailable"


def test_a_code_of_any_characters_is_passed_on_unharmed(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    _, url = runner.started()
    query = urlencode({"code": "a b+c%&=;/?#\u00eb\u2603\x00", "state": state_of(url)})

    assert runner.come_back(query).outcome == "expired"
    assert trainingpeaks.last_form["code"] == "a b+c%&=;/?#\u00eb\u2603\x00"
    runner.links_at_the_next_try(stored)


def test_bytes_that_are_no_text_do_no_harm(runner: Runner) -> None:
    _, url = runner.started()

    assert runner.come_back(f"code=%ff%fe&{urlencode({'state': state_of(url)})}").outcome == "expired"
    assert runner.come_back("code=c&state=%ff%fe").outcome == "expired"


def test_the_user_of_the_longest_name_can_come_back(new_runner: NewRunner) -> None:
    somebody = new_runner()
    longest = Runner(
        somebody.user.ljust(255, "x"), somebody.athlete, somebody.door, somebody.trainingpeaks, somebody.secrets
    )

    longest.linked()
    assert longest.status().json["linked"] is True
    assert len(state_of(longest.started()[1])) <= 512


def test_a_made_up_state_costs_no_request(runner: Runner, aws_calls: AwsCalls) -> None:
    """Anybody can call this route."""
    with aws_calls.heard() as calls:
        runner.come_back("code=c&state=made.up")
        runner.come_back("error=access_denied&state=made.up")
        runner.come_back("state=made.up")

    assert not calls
    assert not requests(calls, "dynamodb")
