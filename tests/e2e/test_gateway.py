"""The local gateway behaves as API Gateway does, as far as a function or a client can tell."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest

from tests.e2e.athlete_browser import NO_TLS
from tests.e2e.echo_gateway import EchoGateway, echo_gateway


def test_the_gateway_is_tried_with_the_version_that_is_installed() -> None:
    # Its inside is no public interface: where another version passes what follows, raise this one.
    assert version("aws-sam-cli").startswith("1.170.")


def test_an_event_looks_as_aws_sends_it(client: httpx.Client) -> None:
    answer = client.post("/open?b=2&a=1&a=%20", json={"x": 1}, headers={"Idempotency-Key": "Tap-1", "Cookie": "c=d"})
    event = answer.json()["event"]

    assert event["body"] == '{"x":1}'
    assert event["isBase64Encoded"] is False
    assert event["rawQueryString"] == "b=2&a=1&a=%20"
    assert event["queryStringParameters"] == {"b": "2", "a": "1, "}
    assert event["cookies"] == ["c=d"]
    assert event["headers"]["idempotency-key"] == "Tap-1"
    assert not {"cookie", "Idempotency-Key"} & event["headers"].keys()
    assert event["version"] == "2.0"
    assert event["routeKey"] == "POST /open"
    assert event["rawPath"] == "/open"


def test_the_request_context_is_the_requests_own(client: httpx.Client) -> None:
    before = time.time() * 1000
    context = client.get("/open", headers={"User-Agent": "Kinni/1"}).json()["event"]["requestContext"]

    assert context["domainName"] == "127.0.0.1"
    assert context["http"] == {
        "method": "GET",
        "path": "/open",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "Kinni/1",
    }
    assert before - 1 <= context["timeEpoch"] <= time.time() * 1000


def test_what_a_request_does_not_have_is_left_out(client: httpx.Client) -> None:
    event = client.get("/open").json()["event"]

    assert not {"body", "cookies", "queryStringParameters", "pathParameters", "stageVariables"} & event.keys()
    assert "authorizer" not in event["requestContext"]


@pytest.mark.parametrize(
    ("content_type", "sent", "body", "is_base64"),
    [
        ("application/json; charset=utf-8", '{"name": "Zoë"}'.encode(), '{"name": "Zoë"}', False),
        ("application/json", b"\xff", "\N{REPLACEMENT CHARACTER}", False),
        ("application/x-www-form-urlencoded", b"a=b", "YT1i", True),
        ("application/octet-stream", b"\xff", "/w==", True),
    ],
)
def test_a_body_arrives_as_its_type_says(
    client: httpx.Client, content_type: str, sent: bytes, body: str, *, is_base64: bool
) -> None:
    event = client.post("/open", content=sent, headers={"Content-Type": content_type}).json()["event"]

    assert (event["body"], event["isBase64Encoded"]) == (body, is_base64)


def test_every_request_and_every_invocation_has_an_id_of_its_own(client: httpx.Client) -> None:
    answers = [client.get("/open").json() for _ in range(3)]

    ids = {answer["event"]["requestContext"]["requestId"] for answer in answers}
    ids |= {answer["request_id"] for answer in answers}
    assert len(ids) == 6


def test_a_function_learns_who_it_is_and_how_long_it_has(client: httpx.Client) -> None:
    answer = client.get("/open").json()

    assert answer["function"] == "OpenFunction"
    assert answer["arn"].endswith(":function:OpenFunction")
    assert answer["memory"] == 512
    assert 14_000 < answer["left"] <= 15_000


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("PUT", "/open"),
        ("HEAD", "/open"),
        ("OPTIONS", "/open"),
        ("GET", "/open/"),
        ("GET", "/way//back"),
        ("GET", "/"),
    ],
)
def test_any_other_route_is_not_found(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, path)

    assert answer.status_code == 404
    if method != "HEAD":
        assert answer.json() == {"message": "Not Found"}


@pytest.mark.parametrize("path", ["/crash", "/unwritable"])
def test_a_bug_in_a_function_answers_500_and_is_shown_to_the_developer(
    client: httpx.Client, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get(path, params={"code": "the-code"})

    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
    assert "Traceback" in caplog.text
    assert "the-code" not in caplog.text


def test_an_answer_without_a_body_has_no_content_type(client: httpx.Client) -> None:
    answer = client.delete("/nothing")

    assert answer.status_code == 204
    assert "content-type" not in answer.headers


def test_headers_and_app_scheme_locations_pass_unchanged(client: httpx.Client) -> None:
    answer = client.get("/way/back")

    assert answer.status_code == 303
    assert answer.headers["location"] == "kinni://back#outcome=x"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


def test_requests_run_side_by_side(gateway: EchoGateway) -> None:
    started = time.monotonic()
    with httpx.Client(base_url=gateway.url, trust_env=False, timeout=30) as client, ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: client.get("/slow").text, range(20)))

    assert len(set(answers)) == 20
    # One after the other they would sleep for 4 seconds.
    assert time.monotonic() - started < 3


def test_the_log_holds_no_query(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/open", params={"state": "the-state", "code": "the-code"})

    assert "the-state" not in caplog.text
    assert "the-code" not in caplog.text


def test_stopping_waits_for_an_answer_but_not_for_an_idle_connection(tmp_path: Path) -> None:
    # Made beforehand: reading the machine's certificates may take longer than the pause below.
    client = httpx.Client(trust_env=False, verify=NO_TLS)
    with ThreadPoolExecutor() as pool, closing(socket.socket()) as idle, client:
        with echo_gateway(tmp_path) as gateway:
            idle.connect(("127.0.0.1", httpx.URL(gateway.url).port or 0))
            answer = pool.submit(client.get, f"{gateway.url}/slow")
            time.sleep(0.3)
            stopped_at = time.monotonic()
        took = time.monotonic() - stopped_at

        assert answer.result().status_code == 200
        assert took < 3
        with pytest.raises(httpx.ConnectError):
            httpx.get(gateway.url, trust_env=False)
