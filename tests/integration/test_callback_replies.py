"""`GET /callback`: TrainingPeaks answers what it has not promised, or in another way than usual."""

import itertools
import string

import pytest

from tests.integration.runner import Runner
from tests.integration.scripted_trainingpeaks import (
    DEAUTHORISE,
    PROFILE,
    TOKEN,
    Reply,
    ScriptedTrainingPeaks,
    breaks_off,
    changed,
    drops,
    drops_afterwards,
    says,
    sends,
)
from tests.integration.stored import StoredItems

BROKEN_TOKEN_ANSWERS: dict[str, Reply] = {
    "429": says(429, {}),
    "500": says(500, {"error": "invalid_grant"}),
    "503 in HTML": sends(503, b"<html>down for maintenance</html>"),
    "HTML": sends(200, b"<html>hello</html>"),
    "truncated JSON": sends(200, b'{"access_token": "tok', "application/json"),
    "an answer that breaks off": breaks_off,
    "a list": says(200, []),
    "nothing": sends(200, b""),
    "a redirect": sends(302, b"", location="https://elsewhere.example/"),
    "no access token": changed(access_token=None),
    "an empty access token": changed(access_token=""),
    "a number as access token": changed(access_token=1),
    "an access token of more than 16 KB": changed(access_token="t" * (16 * 1024 + 1)),
    "an access token that no header can carry": changed(access_token="tok\u00ebn " * 4),
    "an access token with a line break": changed(access_token="a token with\r\nX-Evil: 1"),
    "no refresh token": changed(refresh_token=None),
    "an endless body": sends(200, b"[" * 300_000, "application/json"),
    "a dropped connection": drops,
    "a connection dropped afterwards": drops_afterwards,
}
BROKEN_PROFILES: dict[str, Reply] = {
    "401": says(401, {}),
    "429": says(429, {}),
    "500": says(500, {}),
    "HTML": sends(200, b"<html>hello</html>"),
    "truncated JSON": sends(200, b'{"Id": 12', "application/json"),
    "an answer that breaks off": breaks_off,
    "a redirect": sends(302, b"", location="https://elsewhere.example/"),
    "a dropped connection": drops,
}
TOLERATED: dict[str, tuple[str, Reply]] = {
    "expires_in as a text": (TOKEN, changed(expires_in="600")),
    "no expires_in": (TOKEN, changed(expires_in=None)),
    "a word as expires_in": (TOKEN, changed(expires_in="soon")),
    "an impossible expires_in": (TOKEN, changed(expires_in=-1)),
    "an endless expires_in": (TOKEN, changed(expires_in=10**12)),
    "no scope": (TOKEN, changed(scope=None)),
    "more scopes than asked for": (TOKEN, changed(scope="workouts:read file:write athlete:profile")),
    "no token type": (TOKEN, changed(token_type=None)),
    "unknown fields": (TOKEN, changed(id_token="x" * 40, nested={"a": [1]})),
    "a profile with nothing but an id": (PROFILE, says(200, {"Id": 42_000_001})),
    "a profile with names of other types": (PROFILE, says(200, {"Id": 42_000_002, "FirstName": 1, "LastName": [""]})),
    "a profile with very long names": (PROFILE, says(200, {"Id": 42_000_003, "FirstName": "Ã" * 9999})),
}


@pytest.mark.parametrize("reply", BROKEN_TOKEN_ANSWERS.values(), ids=BROKEN_TOKEN_ANSWERS)
def test_the_exchange_is_not_answered_as_promised(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, reply: Reply
) -> None:
    query = runner.allowed()
    before = trainingpeaks.requests[TOKEN]
    trainingpeaks.script(TOKEN, reply)

    assert runner.come_back(query).outcome == "trainingpeaks_unavailable"
    assert trainingpeaks.requests[TOKEN] == before + 1
    assert runner.attempt() == ("failed", "trainingpeaks_unavailable")
    assert runner.come_back(query).outcome == "trainingpeaks_unavailable"
    assert trainingpeaks.requests[TOKEN] == before + 1
    runner.links_at_the_next_try(stored)


@pytest.mark.parametrize("reply", BROKEN_PROFILES.values(), ids=BROKEN_PROFILES)
def test_the_profile_is_not_answered_as_promised(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks, reply: Reply
) -> None:
    query = runner.allowed()
    before = trainingpeaks.requests[PROFILE]
    trainingpeaks.script(PROFILE, reply, reply)
    answer = runner.come_back(query)
    asked = trainingpeaks.requests[PROFILE] - before
    if asked == 1:
        # Refusing the access token is a definite answer, and is not asked for twice.
        assert reply is BROKEN_PROFILES["401"]
        trainingpeaks.drop_script(PROFILE)

    assert answer.outcome == "trainingpeaks_unavailable"
    assert asked <= 2
    assert runner.attempt() == ("failed", "trainingpeaks_unavailable")
    runner.links_at_the_next_try(stored)


@pytest.mark.parametrize("name", [name for name in BROKEN_PROFILES if name != "401"])
def test_a_profile_that_fails_once_is_read_again(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks, name: str
) -> None:
    trainingpeaks.script(PROFILE, BROKEN_PROFILES[name])

    assert runner.come_back(runner.allowed()).outcome == "authorized"


@pytest.mark.parametrize(("path", "reply"), TOLERATED.values(), ids=TOLERATED)
def test_what_may_vary_does_no_harm(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks, path: str, reply: Reply
) -> None:
    trainingpeaks.script(path, reply)
    authorised = runner.authorised()

    assert runner.confirm(authorised).status == 200
    status = runner.status().json
    assert {"athlete:profile", "file:write"} <= set(status["scopes"])
    assert status["token"]["valid"] is True
    assert 0 < status["token"]["expires_in_seconds"] <= 366 * 24 * 3600


@pytest.mark.parametrize("length", [1, 8 * 1024, 16 * 1024])
def test_tokens_of_any_length_come_out_of_their_seal_as_they_went_in(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks, length: int
) -> None:
    access_token = "".join(itertools.islice(itertools.cycle(string.ascii_letters + "~+/._-"), length))
    trainingpeaks.script(TOKEN, changed(access_token=access_token, refresh_token=access_token[::-1]))
    trainingpeaks.script(PROFILE, says(200, {"Id": runner.athlete.id}))
    runner.linked()
    trainingpeaks.script(DEAUTHORISE, sends(204, b""))

    assert runner.unlink().status == 204
    assert trainingpeaks.last_token == access_token
