"""The sample events reach the functions and are answered as the contract says."""

import json
from collections.abc import Iterator

import pytest

from local.runtime import Functions
from local.stack import LocalStack
from local.template import TEMPLATE_FILE, function_folder, functions, load_template

# The state, the attempt and the runner are made up: only a start and an unlink find something to do.
ANSWERS = {"start_auth": 201, "callback": 200, "confirm": 404, "status": 200, "toggle": 404, "unlink": 204}


@pytest.fixture(scope="module")
def in_process(stack: LocalStack) -> Iterator[Functions]:  # noqa: ARG001 -- the functions run in its environment
    """Run the functions without the stack's gateway."""
    with Functions(load_template()) as running:
        yield running


@pytest.mark.parametrize("name", ANSWERS)
def test_an_event_is_answered(in_process: Functions, name: str) -> None:
    template = load_template()
    (function,) = (each for each in functions(template) if function_folder(template, each).name == name)
    event = json.loads((TEMPLATE_FILE.parent / "events" / f"{name}.json").read_text(encoding="utf-8"))
    answer = in_process.invoke(function, event)
    assert answer["statusCode"] == ANSWERS[name], answer.get("body")
