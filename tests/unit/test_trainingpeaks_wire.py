"""What a socket can bring: silence, drips, floods and garbage; and what an error then tells."""

import gzip
import json
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from account_link.deadline import Deadline
from account_link.errors import TrainingPeaksError, TrainingPeaksUnavailableError
from account_link.models import TokenSet
from account_link.trainingpeaks import http_client
from local.loopback import listen, port_of
from tests.fakes import NOW, SecretsManager
from tests.unit.trainingpeaks_rig import (
    AMPLE,
    CODE,
    GRANTED,
    REDIRECT_URI,
    TOKENS,
    Answer,
    TrainingPeaks,
    body,
    client_of,
    granted,
    raw_server,
    seconds_of,
    told,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LEFT = 0.3
ENOUGH = 1.2
"""Seconds in which a call with `LEFT` is over, also on a busy machine; what it waits for lasts longer."""
LARGEST_BODY = 256 * 1024
SECRET = "MARK"
"""Part of everything secret here; never spelt out where a traceback would quote the line."""
DOCUMENT = json.dumps(GRANTED).encode()


def exchange_at(url: str, left: float = 5.0) -> TokenSet:
    with http_client() as http:
        client = client_of(http, SecretsManager(), at=url)
        return client.exchange(CODE, REDIRECT_URI, NOW, Deadline(left))


def unavailable(url: str, left: float = 5.0) -> TrainingPeaksUnavailableError:
    with pytest.raises(TrainingPeaksUnavailableError) as failure:
        exchange_at(url, left)
    return failure.value


def error_of(call: Callable[[], object]) -> BaseException:
    """Return the error; where the call went well, one that has nothing to tell."""
    try:
        call()
    except TrainingPeaksError as failure:
        return failure
    return TrainingPeaksError()


def test_a_pair_comes_over_the_wire() -> None:
    with raw_server(OK + b"Content-Length: %d\r\n\r\n" % len(DOCUMENT), DOCUMENT) as url:
        assert exchange_at(url).access_token == GRANTED["access_token"]


def test_a_silent_server_is_left_at_the_deadline() -> None:
    with raw_server(lasting=2 * ENOUGH) as url:
        assert seconds_of(lambda: unavailable(url, LEFT)) < ENOUGH


def test_a_dripping_body_is_left_at_the_deadline() -> None:
    head = OK + b"Content-Length: 4000\r\n\r\n"
    with raw_server(head, *[b" "] * 40, pause=0.05) as url:
        assert seconds_of(lambda: unavailable(url, LEFT)) < ENOUGH


def test_a_connection_that_slept_with_the_function_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a firewall forgot meanwhile swallows a request without a word, and a code is sent only once."""
    answer = OK + b"Content-Length: %d\r\n\r\n" % len(DOCUMENT) + DOCUMENT
    with raw_server(answer, lasting=LEFT) as url, http_client() as http:
        client = client_of(http, SecretsManager(), at=url)
        client.exchange(CODE, REDIRECT_URI, NOW, Deadline(5))
        awake = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: awake() + 60)

        assert client.exchange(CODE, REDIRECT_URI, NOW, Deadline(5)).access_token == GRANTED["access_token"]


def test_after_the_deadline_no_call_waits() -> None:
    with raw_server(lasting=2 * ENOUGH) as url:
        assert seconds_of(lambda: unavailable(url, 0)) < ENOUGH


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with listen(0) as free:
        url = f"http://127.0.0.1:{port_of(free)}"

    unavailable(url)


@pytest.mark.parametrize(
    "pieces",
    [
        [b""],
        [OK],
        [OK + b"Content-Length: 100\r\n\r\n{"],
        [OK + b"Content-Length: -1\r\n\r\n"],
        [OK + b"Content-Length: many\r\n\r\n" + DOCUMENT],
        [OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"],
        [OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"],
        [OK + b"Location: http://[\r\n\r\n"],
        [OK + b"x: \x00\r\n\r\n"],
        [OK + b"x" * 200_000],
        [b"HTTP/9.9 abc\r\n\r\n"],
        [b"SSH-2.0-OpenSSH\r\n"],
        [b"\x15\x03\x01\x00\x02\x02\x28"],
        [b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nSet-Cookie: =;;=\xff\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 101 Switching Protocols\r\n\r\n"],
    ],
    ids=lambda pieces: repr(b"".join(pieces))[-48:],
)
def test_what_is_no_http_is_unavailable(pieces: list[bytes]) -> None:
    with raw_server(*pieces) as url:
        unavailable(url)


@pytest.mark.parametrize("broken", [DOCUMENT, b"HTTP/1.1 " + DOCUMENT, OK + DOCUMENT + b"\r\n\r\n"])
def test_a_broken_answer_tells_no_token(broken: bytes) -> None:
    with raw_server(broken + b"\r\n\r\n") as url:
        assert SECRET not in told(unavailable(url))


def test_a_body_beyond_256_kilobytes_is_not_read_to_its_end() -> None:
    read = 0

    def flood() -> Iterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 16 * 1024
            yield b" " * 16 * 1024

    trainingpeaks = TrainingPeaks(body(flood()))
    with pytest.raises(TrainingPeaksUnavailableError):
        trainingpeaks.exchange()
    assert read <= LARGEST_BODY + 32 * 1024


def test_a_body_of_256_kilobytes_is_read() -> None:
    padded = DOCUMENT + b" " * (LARGEST_BODY - len(DOCUMENT))

    assert TrainingPeaks(body(padded)).exchange().access_token == GRANTED["access_token"]
    with pytest.raises(TrainingPeaksUnavailableError):
        TrainingPeaks(body(padded + b" ")).exchange()


def test_a_compressed_body_was_not_asked_for_and_is_not_unpacked() -> None:
    trainingpeaks = TrainingPeaks(body(gzip.compress(DOCUMENT), content_encoding="gzip"))

    with pytest.raises(TrainingPeaksUnavailableError):
        trainingpeaks.exchange()
    assert trainingpeaks.requests[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "answer",
    [
        body(b'{"error": "invalid_grant", "error_description": "MARK"}', 400),
        body(b'{"error": "MARK"}', 400),
        body(b'{"error": ["MARK"]}', 400),
        body(b"MARK", 400),
        body(b"MARK", 401),
        body(b"MARK", 500),
        body(DOCUMENT[:-1]),
        body(DOCUMENT + b"MARK"),
        body(b'{"access_token": ["MARK"], "refresh_token": {"MARK": "MARK"}}'),
        body(b'{"access_token": "MARK-\xff"}'),
        granted(scope=["MARK"]),
        granted(access_token="MARK" * 5000),
        granted(refresh_token=None),
        granted(access_token="MARK\nMARK"),
        body(b"MARK", content_encoding="gzip"),
        body(b"", 302, location="https://elsewhere.example/?code=MARK"),
        httpx.ReadTimeout("x"),
    ],
    ids=repr,
)
def test_no_error_tells_a_token_a_code_or_a_secret(answer: Answer) -> None:
    trainingpeaks = TrainingPeaks(answer)

    assert SECRET not in told(error_of(trainingpeaks.exchange))
    assert SECRET not in told(error_of(trainingpeaks.refresh))


@pytest.mark.parametrize(
    "raw", [b'{"Email": "MARK",', b"MARK", b'{"Id": "MARK"}', b'{"Id": 0, "Email": "MARK"}', b'["MARK"]']
)
def test_no_error_tells_anything_of_the_athletes_profile(raw: bytes) -> None:
    trainingpeaks = TrainingPeaks(body(raw))

    with pytest.raises(TrainingPeaksError) as failure:
        trainingpeaks.client.athlete(TOKENS, AMPLE)
    assert SECRET not in told(failure.value)


def test_dripping_headers_are_left_at_the_deadline() -> None:
    with raw_server(OK, *[b"x: y\r\n"] * 40, pause=0.05) as url:
        assert seconds_of(lambda: unavailable(url, LEFT)) < ENOUGH
