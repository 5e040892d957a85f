"""What `make dev` serves beside the API, and what it leaves behind."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from local.loopback import PortInUseError
from local.settings import LocalSettings, TrainingPeaksService
from local.stack import LocalStack
from local.template import function_environment, functions, load_template

ELSEWHERE = TrainingPeaksService(oauth_url="https://oauth.example", api_url="https://api.example")


@pytest.fixture(scope="module")
def local(stack: LocalStack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.url, trust_env=False) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/app/app.js"])
def test_the_page_is_served_with_a_strict_policy(local: httpx.Client, path: str) -> None:
    answer = local.get(path)

    assert answer.status_code == 200
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert {policy[name] for name in ("form-action", "base-uri", "frame-ancestors", "object-src")} == {"'none'"}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path", ["/app/nothing.js", "/app/", "/app/../stack.py", "/app/%2e%2e/stack.py", "/favicon.ico"]
)
def test_only_the_pages_own_files_are_served(local: httpx.Client, path: str) -> None:
    answer = local.get(path)

    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_the_page_learns_where_the_simulator_is(local: httpx.Client, stack: LocalStack) -> None:
    config = local.get("/local/config").json()

    assert config == {"trainingpeaks_url": stack.trainingpeaks.oauth_url, "simulator": True}
    assert httpx.get(config["trainingpeaks_url"], trust_env=False).status_code < 500


def test_a_token_can_be_checked_by_the_published_documents_alone(local: httpx.Client, stack: LocalStack) -> None:
    token = local.post("/local/token", json={"user": "runner-1"}).json()["token"]
    discovery = local.get("/.well-known/openid-configuration").json()
    keys = KeySet.import_key_set(httpx.get(discovery["jwks_uri"], trust_env=False).json())

    claims = jwt.decode(token, keys, algorithms=["RS256"]).claims

    assert claims["iss"] == discovery["issuer"] == stack.url
    assert claims["sub"] == "runner-1"
    assert local.get("/v1/trainingpeaks/status", headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}])
def test_no_other_web_page_gets_a_token(local: httpx.Client, headers: dict[str, str]) -> None:
    answer = local.post("/local/token", json={"user": "runner-1"}, headers=headers)

    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})


def test_the_own_page_gets_a_token(local: httpx.Client, stack: LocalStack) -> None:
    answer = local.post("/local/token", json={"user": "runner-1"}, headers={"Origin": stack.url})

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_what_a_form_can_send_gets_no_token(local: httpx.Client, content_type: str) -> None:
    answer = local.post("/local/token", content='{"user": "runner-1"}', headers={"Content-Type": content_type})

    assert answer.status_code == 415


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"user": ""}', b'{"user": 1}', b'{"user": "a\\n"}', b'{"user": "a", "sub": "b"}'],
)
def test_a_token_is_for_a_named_user(local: httpx.Client, body: bytes) -> None:
    answer = local.post("/local/token", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()) == (400, {"message": "Bad Request"})


def test_a_user_is_no_longer_than_128_characters(local: httpx.Client) -> None:
    assert local.post("/local/token", json={"user": "u" * 128}).status_code == 200
    assert local.post("/local/token", json={"user": "u" * 129}).status_code == 400


def test_every_variable_that_the_template_declares_is_set(stack: LocalStack) -> None:
    template = load_template()
    declared = {name for function in functions(template) for name in function_environment(template, function)}

    # For `sam local` only.
    assert declared - os.environ.keys() <= {"LOCAL_USER_ID"}
    assert os.environ["CALLBACK_URL"] == f"{stack.url}/v1/trainingpeaks/callback"
    assert os.environ["RETURN_URLS"] == f"{stack.url}/,kinni://connected-apps/trainingpeaks"


def test_the_functions_find_nothing_of_the_developers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SAM_LOCAL", "LOCAL_USER_ID", "TRAININGPEAKS_CLIENT_SECRET"):
        monkeypatch.setenv(name, "the developer's")

    with LocalStack(LocalSettings(port=0)):
        assert "the developer's" not in os.environ.values()


def test_stopping_leaves_nothing_behind() -> None:
    before = dict(os.environ), set(threading.enumerate())

    with LocalStack(LocalSettings(port=0)) as stack:
        urls = {stack.url, stack.aws_url, stack.trainingpeaks.oauth_url}
        httpx.get(stack.url, trust_env=False)

    assert (dict(os.environ), set(threading.enumerate())) == before
    for url in urls:
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)


def test_the_simulator_stays_off_where_another_trainingpeaks_is_used() -> None:
    with LocalStack(LocalSettings(port=0, trainingpeaks=ELSEWHERE)) as stack:
        config = httpx.get(f"{stack.url}/local/config", trust_env=False).json()
        start = httpx.post(
            f"{stack.url}/v1/trainingpeaks/auth",
            headers={"Authorization": f"Bearer {stack.issuer.mint('runner-1')}", "Idempotency-Key": "tap-1"},
            trust_env=False,
        ).json()

    assert config == {"trainingpeaks_url": None, "simulator": False}
    assert stack.simulator is None
    assert start["authorization_url"].startswith(f"{ELSEWHERE.oauth_url}/OAuth/Authorize?")


def test_the_table_can_be_on_dynamodb_local(dynamodb_local_url: str) -> None:
    settings = LocalSettings(port=0, dynamodb_url=dynamodb_local_url)

    with LocalStack(settings) as stack, httpx.Client(base_url=stack.url, trust_env=False) as client:
        headers = {"Authorization": f"Bearer {stack.issuer.mint('runner-1')}", "Idempotency-Key": "tap-1"}
        started = client.post("/v1/trainingpeaks/auth", headers=headers)
        status = client.get("/v1/trainingpeaks/status", headers=headers)

    assert started.status_code == 201
    assert status.json()["attempt"]["attempt_id"] == started.json()["attempt_id"]


def test_a_port_that_is_taken_is_said(stack: LocalStack) -> None:
    taken = replace(stack.settings, port=int(stack.url.rpartition(":")[2]))
    threads = set(threading.enumerate())
    soon = time.monotonic() + 5

    with pytest.raises(PortInUseError, match="Address already in use"), LocalStack(taken):
        pytest.fail("two programs on one port")

    # A server's last request may take a moment to end.
    while (left := set(threading.enumerate()) - threads) and time.monotonic() < soon:
        time.sleep(0.05)
    assert not left
