"""How long TrainingPeaks asks to be left alone, and what is made of it."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from account_link.errors import TrainingPeaksUnavailableError
from account_link.trainingpeaks import http_client
from tests.fakes import SecretsManager
from tests.unit.trainingpeaks_rig import AMPLE, TOKENS, Answer, TrainingPeaks, body, client_of, raw_server

every_call = pytest.mark.parametrize(
    "call",
    [
        TrainingPeaks.exchange,
        TrainingPeaks.refresh,
        lambda at: at.client.deauthorise(TOKENS, AMPLE),
        lambda at: at.client.athlete(TOKENS, AMPLE),
    ],
    ids=["exchange", "refresh", "deauthorise", "athlete"],
)


def wait_after(call: Callable[[TrainingPeaks], object], answer: Answer) -> timedelta:
    """Return how long the failing call says to wait."""
    with pytest.raises(TrainingPeaksUnavailableError) as failure:
        call(TrainingPeaks(answer))
    return failure.value.retry_after


@every_call
@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("0", 0),
        ("1", 1),
        ("007", 7),
        (" 120 ", 120),
        ("3600", 3600),
        ("3601", 3600),
        ("999999999", 3600),
    ],
)
def test_trainingpeaks_says_how_long_to_wait_up_to_an_hour(
    call: Callable[[TrainingPeaks], object], status: int, told: str, wait: int
) -> None:
    assert wait_after(call, body(b"", status, retry_after=told)) == timedelta(seconds=wait)


@every_call
@pytest.mark.parametrize(
    "told",
    [
        "",
        "-1",
        "+1",
        "1.5",
        "1e3",
        "1_0",
        "0x10",
        "1, 2",
        "soon",
        "Tue, 24 Nov 2026 09:00:10 GMT",
        "1" * 10,
        "9" * 5000,
    ],
)
def test_a_date_or_nonsense_says_nothing_about_how_long_to_wait(
    call: Callable[[TrainingPeaks], object], told: str
) -> None:
    """It counts as no header, whose place half a minute takes; and never crashes."""
    assert wait_after(call, body(b"", 503, retry_after=told)) == timedelta(seconds=30)
    assert wait_after(call, body(b"", 503)) == timedelta(seconds=30)
    assert wait_after(call, httpx.ReadTimeout("x")) == timedelta(seconds=30)


@pytest.mark.parametrize("told", ["²".encode("latin-1"), "٣".encode()], ids=["superscript", "arabic"])
def test_digits_of_another_script_are_nonsense(told: bytes) -> None:
    """Python calls them digits; `int` reads some of them and crashes at others."""
    reply = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: " + told + b"\r\n\r\n"
    with raw_server(reply) as url, http_client() as http, pytest.raises(TrainingPeaksUnavailableError) as failure:
        client_of(http, SecretsManager(), at=url).deauthorise(TOKENS, AMPLE)

    assert failure.value.retry_after == timedelta(seconds=30)
