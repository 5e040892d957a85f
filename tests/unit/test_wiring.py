"""What each function loads at its cold start, and that it is built once."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import account_link
from account_link import wiring
from account_link.settings import SettingError
from tests.fakes import ENVIRONMENT

LAYER = Path(account_link.__file__).parent.parent
FUNCTIONS = LAYER.parent.parent / "functions"
AWS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-central-1"}
COLD_START = """
import json, sys
sys.modules["OpenSSL"] = None  # not in the layer; where the SDK finds it, it loads all of cryptography
import boto3
from botocore.awsrequest import AWSResponse
from tests.fakes import FakeContext, aws_answer, event
boto3.setup_default_session()
boto3.DEFAULT_SESSION.events.register("before-send.dynamodb", lambda request, **_: aws_answer(request.url, {}))
import app
answer = app.lambda_handler(event(headers={"idempotency-key": "tap-1"}), FakeContext())
print(json.dumps([answer["statusCode"], sorted({name.partition(".")[0] for name in sys.modules if sys.modules[name]})]))
"""
BUILT = [
    wiring.callback_service,
    wiring.confirm_service,
    wiring.link_service,
    wiring.link_settings,
    wiring.revocation_queue,
    wiring.revoke_service,
    wiring.start_service,
    wiring.token_use,
    wiring.unlink_service,
]


@pytest.fixture(autouse=True)
def built_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    wiring.forget()
    yield
    wiring.forget()


def cold_start(function: str) -> tuple[int, set[str]]:
    """Answer one request in a fresh process; return the status, and which packages that loaded."""
    path = [FUNCTIONS / function, LAYER, FUNCTIONS.parent]
    process = subprocess.run(  # noqa: S603 -- this very Python
        [sys.executable, "-c", COLD_START],
        env=ENVIRONMENT | AWS | {"PYTHONPATH": ":".join(map(str, path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    status, modules = json.loads(process.stdout.splitlines()[-1])
    return status, set(modules)


def test_status_loads_neither_http_client_nor_validation_nor_cryptography() -> None:
    status, loaded = cold_start("status")

    assert status == 200
    assert "boto3" in loaded
    assert loaded.isdisjoint({"httpx", "httpcore", "pydantic", "pydantic_core", "cryptography"})


def test_a_start_without_a_body_loads_neither_http_client_nor_validation() -> None:
    status, loaded = cold_start("start_auth")

    assert status == 201
    assert "cryptography" in loaded
    assert loaded.isdisjoint({"httpx", "httpcore", "pydantic", "pydantic_core"})


@pytest.mark.parametrize("build", BUILT, ids=lambda build: build.__name__)
def test_everything_is_built_once(build: Callable[[], object]) -> None:
    assert build() is build()


def test_threads_that_come_at_once_get_the_same() -> None:
    with ThreadPoolExecutor(16) as threads:
        services = list(threads.map(lambda _: wiring.callback_service(), range(64)))

    assert len(set(map(id, services))) == 1


def test_another_environment_builds_anew_once_the_old_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    before = wiring.link_settings()
    monkeypatch.setenv("RETURN_URLS", "https://kinni.example/new")

    assert wiring.link_settings() is before
    wiring.forget()
    assert wiring.link_settings().return_urls == ("https://kinni.example/new",)


@pytest.mark.parametrize(
    "name", ["TABLE_NAME", "TOKEN_KEY_ID", "STATE_KEY", "CLIENT_SECRET_NAME", "REVOCATION_QUEUE_URL"]
)
def test_a_missing_variable_names_itself_at_the_cold_start(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)

    with pytest.raises(SettingError, match=name):
        wiring.callback_service()


def test_what_failed_to_be_built_is_built_when_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TABLE_NAME")
    with pytest.raises(SettingError):
        wiring.link_service()
    monkeypatch.setenv("TABLE_NAME", "links")

    assert wiring.link_service() is wiring.link_service()
