"""Every function answers its sample event in a container of its own, under `sam local invoke`."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from local.sam_local import sam
from local.sam_local.surroundings import Surroundings
from local.settings import LocalSettings
from local.template import function_environment, function_folder, functions, load_template
from tests.sam_local.app import App

TEMPLATE = load_template()
NAMES = {function_folder(TEMPLATE, function).name: function for function in functions(TEMPLATE)}
# The state, the attempt and the grant are made up: only a start finds something to do.
ANSWERS = {
    "start_auth": (201, "pending"),
    "callback": (200, "<!doctype html>"),
    "confirm": (404, "attempt_not_found"),
    "status": (200, '"linked": false'),
    "toggle": (404, "not_linked"),
    "unlink": (204, ""),
}


@pytest.fixture(scope="module")
def surroundings() -> Iterator[Surroundings]:
    with Surroundings(LocalSettings(), "http://127.0.0.1:3000") as running:
        yield running


def test_there_is_an_event_for_every_function() -> None:
    assert {file.stem for file in (sam.PROJECT / "events").glob("*.json")} == NAMES.keys()
    assert ANSWERS.keys() == NAMES.keys() - {"revoke"}


def test_every_variable_reaches_the_functions(surroundings: Surroundings) -> None:
    """The SAM CLI drops what the template does not declare, without a word."""
    declared = {name for function in NAMES.values() for name in function_environment(TEMPLATE, function)}
    assert surroundings.variables.keys() <= declared


@pytest.mark.parametrize("name", ANSWERS)
def test_an_event_is_answered(surroundings: Surroundings, name: str) -> None:
    status, said = ANSWERS[name]
    answer = _invoke(surroundings, name)
    assert answer["statusCode"] == status, answer
    assert said in answer.get("body", "")


def test_the_worker_is_done_with_a_grant_that_is_gone(surroundings: Surroundings) -> None:
    assert _invoke(surroundings, "revoke") == {"batchItemFailures": []}


def test_the_command_prints_the_answer_and_disturbs_no_server(app: App) -> None:
    command = [sys.executable, "-m", "local.sam_local", "invoke", "status"]
    done = subprocess.run(command, cwd=sam.PROJECT, env=os.environ, stdout=subprocess.PIPE, check=False)  # noqa: S603
    assert done.returncode == 0
    assert json.loads(done.stdout)["statusCode"] == 200
    assert app.status()["linked"] is False


def _invoke(surroundings: Surroundings, name: str) -> dict[str, Any]:
    event = sam.PROJECT / "events" / f"{name}.json"
    status, printed = sam.answer_of(surroundings.call("invoke", NAMES[name], "--event", str(event)))
    assert status == 0
    answer: dict[str, Any] = json.loads(printed)
    return answer
