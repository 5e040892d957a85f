"""Nothing that is logged, printed, counted or stored by any test of this run holds a secret."""

import base64
import sys
from collections.abc import Callable
from typing import SupportsBytes, cast

import pytest
from boto3.dynamodb.types import Binary

from account_link import telemetry
from account_link.log import logger
from tests.integration.aws_calls import AwsCalls
from tests.integration.runner import Runner
from tests.integration.said import Said
from tests.integration.secrets_seen import LOOKS_SECRET, SecretsSeen, written_values
from tests.integration.stored import StoredItems
from tests.skips import do_without

KINDS = {"access_token", "refresh_token", "code", "state", "confirmation_code", "client_secret"}
CANARY = "this-was-said-on-purpose-to-be-found-again-by-"

CHANNELS: dict[str, Callable[[str], object]] = {
    "log": logger.info,
    "debug-log": lambda text: logger.debug("debug", extra={"field": text}),
    "metric": lambda text: telemetry.count("Canary", reason=text),
    "stdout": print,
    "stderr": lambda text: print(text, file=sys.stderr),  # noqa: T201
}


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.usefixtures("stack")
def test_a_canary_is_said(channel: str) -> None:
    """What comes last looks for it: a net that catches nothing is none."""
    CHANNELS[channel](f"{CANARY}{channel}.")


@pytest.fixture
def a_whole_walk(runner: Runner) -> None:
    """Come across a secret of every kind, also where no other test ran."""
    runner.linked()
    runner.unlink()


@pytest.fixture
def captured(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("capture") == "no":
        do_without("With -s nobody captures what is printed, so nobody can look for secrets in it.")


@pytest.mark.after_all_others
@pytest.mark.usefixtures("captured", "a_whole_walk")
@pytest.mark.parametrize("channel", CHANNELS)
def test_what_is_said_is_heard(said: Said, channel: str) -> None:
    assert any(f"{CANARY}{channel}." in text for text in said.texts)


@pytest.mark.after_all_others
@pytest.mark.usefixtures("captured", "a_whole_walk")
def test_nothing_that_was_said_is_a_secret(said: Said, secrets: SecretsSeen) -> None:
    assert secrets.kinds() == KINDS
    assert any('"message":"answered"' in text for text in said.texts)
    assert any('"CloudWatchMetrics"' in text for text in said.texts)

    assert not secrets.found_in(said.texts)


@pytest.mark.after_all_others
@pytest.mark.usefixtures("captured", "a_whole_walk")
def test_nothing_that_was_said_looks_like_a_secret(said: Said) -> None:
    """Also where other tests have a TrainingPeaks of their own, whose secrets nobody has collected."""
    found = {match for text in said.texts for match in LOOKS_SECRET.findall(text)}

    assert {match for match in found if CANARY in match}
    assert not {match for match in found if CANARY not in match}


@pytest.mark.after_all_others
@pytest.mark.usefixtures("a_whole_walk")
@pytest.mark.parametrize("service", ["dynamodb", "sqs"])
def test_no_request_to_the_table_or_the_queue_holds_a_secret(
    aws_calls: AwsCalls, secrets: SecretsSeen, service: str
) -> None:
    bodies = [call.body for call in aws_calls.everything() if call.service == service]
    assert bodies

    assert not secrets.found_in(text for body in bodies for text in written_values(body))
    assert not secrets.found_in(bodies)


@pytest.mark.after_all_others
@pytest.mark.usefixtures("a_whole_walk")
def test_no_item_in_the_table_holds_a_secret(stored: StoredItems, secrets: SecretsSeen) -> None:
    everything = stored.everything()
    assert any("attempt" in item for item in everything)
    values = [part for item in everything for part in _parts(item)]

    assert not secrets.found_in(values)


def _parts(node: object) -> list[str | bytes]:
    match node:
        case dict():
            return [part for name, value in node.items() for part in (str(name), *_parts(value))]
        case list() | set():
            return [part for value in node for part in _parts(value)]
        case str():
            return [node]
        case Binary():
            return [bytes(cast("SupportsBytes", node))]
        case _:
            return [str(node)]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda secret: f"x{secret}y",
        lambda secret: secret.encode(),
        lambda secret: secret.replace("-", "%2D"),
        _base64,
        lambda secret: _base64(f"a{secret}"),
        lambda secret: _base64(f"ab{secret}c"),
        lambda secret: repr({"field": secret}),
        lambda secret: f"{secret[:18]}…",
    ],
)
def test_a_secret_is_found_wherever_it_hides(wrapped: Callable[[str], str | bytes]) -> None:
    secrets = SecretsSeen()
    secrets.add("code", "a-secret-of-some-length")
    secrets.add("client_secret", "a client secret of some length & %")

    assert secrets.found_in(["before", wrapped("a-secret-of-some-length"), "after"]) == {"code"}
    assert not secrets.found_in(["before", wrapped("a-s3cret-of-some-length"), "after"])
    assert secrets.found_in(["before a client secret of some length & % after"]) == {"client_secret"}
