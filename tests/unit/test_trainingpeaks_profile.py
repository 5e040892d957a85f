"""Who signed in: an athlete with a number, or one of the ways in which there is none."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_link.deadline import Deadline
from account_link.errors import (
    AccessTokenRefusedError,
    CoachAccountError,
    PermissionMissingError,
    ProfileMissingError,
    TrainingPeaksError,
    TrainingPeaksUnavailableError,
)
from account_link.models import Athlete
from tests.unit.strategies import json_values, thrifty
from tests.unit.trainingpeaks_rig import AMPLE, PROFILE, TOKENS, Answer, TrainingPeaks, body, profile

UNAVAILABLE: list[Answer] = [
    *[body(b"", status) for status in (302, 400, 405, 409, 429, 500, 502, 503)],
    body(b"<html>Bad Gateway</html>", 502),
    body(b"<html>OK</html>"),
    body(json.dumps(PROFILE).encode()[:-1]),
    body(b"["),
    body(b"\xff"),
    body(b'{"Id": 1, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    body(b"not gzip", content_encoding="gzip"),
    httpx.ConnectTimeout("x"),
    httpx.ReadTimeout("x"),
    httpx.ConnectError("x"),
    httpx.ReadError("x"),
    httpx.RemoteProtocolError("x"),
]
REFUSED: list[tuple[Answer, type[TrainingPeaksError]]] = [
    (body(b'{"Message": "expired"}', 401), AccessTokenRefusedError),
    (body(b"", 403), PermissionMissingError),
    (body(json.dumps(PROFILE).encode(), 403), PermissionMissingError),
    (body(b"", 404), ProfileMissingError),
    (body(b"<html>", 404), ProfileMissingError),
]


def athlete_of(*script: Answer, deadline: Deadline = AMPLE) -> Athlete:
    return TrainingPeaks(*script).client.athlete(TOKENS, deadline)


def test_an_athlete_is_a_number_and_two_names() -> None:
    assert athlete_of(profile()) == Athlete(123456, "Ada", "Runner")


def test_what_kinni_does_not_need_may_be_anything() -> None:
    odd = profile(Email=7, Weight="much", CoachedBy=[], NewField={"a": [1]}, IsPremium=None)

    assert athlete_of(odd) == Athlete(123456, "Ada", "Runner")


@pytest.mark.parametrize("missing", [None, "", "  ", 7, True, ["Ada"], {"a": 1}], ids=repr)
def test_a_name_that_is_no_text_is_none(missing: object) -> None:
    assert athlete_of(profile(FirstName=missing, LastName=missing)) == Athlete(123456)


def test_missing_names_are_none() -> None:
    assert athlete_of(body(b'{"Id": 7}')) == Athlete(7)


def test_names_lose_what_surrounds_them_and_are_cut_at_200_characters() -> None:
    athlete = athlete_of(profile(FirstName="  Zoë \n", LastName="é" * 5000))

    assert athlete == Athlete(123456, "Zoë", "é" * 200)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "O'Brien", "李雷", "🏃‍♀️"])
def test_names_stay_as_they_are_spelt(name: str) -> None:
    assert athlete_of(profile(FirstName=name)).first_name == name


@pytest.mark.parametrize("number", [1, 123456, 2**31, 2**63 - 1])
def test_any_number_of_up_to_63_bits_is_an_athlete(number: int) -> None:
    assert athlete_of(profile(Id=number)).id == number


@pytest.mark.parametrize(
    "number",
    [None, "", "123", "abc", 0, -1, True, False, 1.0, 1.5, 2**63, 10**30, [], [1], {"Id": 1}],
    ids=repr,
)
def test_what_is_no_such_number_is_no_athlete(number: object) -> None:
    with pytest.raises(ProfileMissingError):
        athlete_of(profile(Id=number))


@pytest.mark.parametrize(
    "raw",
    [b"", b" \r\n\t", b"null", b"{}", b'"athlete"', b"7", b"true", b'{"id": 7}', b'{"ID": 7}', b'{"Id": NaN}'],
)
def test_a_profile_without_a_number_is_missing(raw: bytes) -> None:
    with pytest.raises(ProfileMissingError):
        athlete_of(body(raw))


def test_a_profile_of_no_content_is_missing() -> None:
    with pytest.raises(ProfileMissingError):
        athlete_of(body(b"", 204))


@pytest.mark.parametrize("messages", [[], ["Ada is not a valid athlete"], [{"Message": "x"}], [PROFILE], [[]]])
def test_a_list_is_what_coaches_get(messages: list[Any]) -> None:
    with pytest.raises(CoachAccountError):
        athlete_of(body(json.dumps(messages).encode()))


@pytest.mark.parametrize(("answer", "error"), REFUSED)
def test_a_refusal_is_final(answer: Answer, error: type[TrainingPeaksError]) -> None:
    trainingpeaks = TrainingPeaks(answer, profile())

    with pytest.raises(error):
        trainingpeaks.client.athlete(TOKENS, AMPLE)
    assert len(trainingpeaks.requests) == 1


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"{}"])
def test_a_profile_that_came_is_not_asked_for_again(raw: bytes) -> None:
    trainingpeaks = TrainingPeaks(body(raw), profile())

    with pytest.raises((ProfileMissingError, CoachAccountError)):
        trainingpeaks.client.athlete(TOKENS, AMPLE)
    assert len(trainingpeaks.requests) == 1


@pytest.mark.parametrize("answer", UNAVAILABLE, ids=repr)
def test_a_profile_that_did_not_come_is_asked_for_once_more(answer: Answer) -> None:
    once, never = TrainingPeaks(answer, profile()), TrainingPeaks(answer)

    assert once.client.athlete(TOKENS, AMPLE) == Athlete(123456, "Ada", "Runner")
    with pytest.raises(TrainingPeaksUnavailableError):
        never.client.athlete(TOKENS, AMPLE)
    assert (len(once.requests), len(never.requests)) == (2, 2)


@pytest.mark.parametrize(("answer", "error"), REFUSED)
def test_the_second_answer_counts(answer: Answer, error: type[TrainingPeaksError]) -> None:
    with pytest.raises(error):
        athlete_of(body(b"", 500), answer)


def test_without_time_left_nothing_is_asked_again() -> None:
    trainingpeaks = TrainingPeaks(body(b"", 500))

    with pytest.raises(TrainingPeaksUnavailableError):
        trainingpeaks.client.athlete(TOKENS, Deadline(0))
    assert len(trainingpeaks.requests) == 1


@thrifty
@given(answer=json_values | st.fixed_dictionaries({}, optional=dict.fromkeys(PROFILE, json_values)))
def test_any_json_is_an_athlete_or_none(answer: object) -> None:
    try:
        athlete = athlete_of(body(json.dumps(answer).encode()))
    except CoachAccountError:
        assert isinstance(answer, list)
    except ProfileMissingError:
        assert not isinstance(answer, list)
    else:
        assert isinstance(answer, dict)
        assert athlete.id == answer["Id"] > 0
        assert athlete.first_name != ""
