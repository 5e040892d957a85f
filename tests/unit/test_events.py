"""The sample events are what API Gateway sends to the functions."""

import json
from typing import Any

import pytest

from local.template import TEMPLATE_FILE, Route, function_folder, load_template, routes

FOLDER = TEMPLATE_FILE.parent / "events"
TEMPLATE = load_template()
ROUTES = {function_folder(TEMPLATE, route.function).name: route for route in routes(TEMPLATE)}


def _event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return event


def test_each_function_has_its_event() -> None:
    assert {file.stem for file in FOLDER.glob("*.json")} == ROUTES.keys()


@pytest.mark.parametrize(("name", "route"), ROUTES.items())
def test_an_event_is_of_its_functions_route(name: str, route: Route) -> None:
    event = _event(name)
    assert event["version"] == "2.0"
    assert event["routeKey"] == event["requestContext"]["routeKey"] == f"{route.method} {route.path}"
    assert event["rawPath"] == event["requestContext"]["http"]["path"] == route.path
    assert event["requestContext"]["http"]["method"] == route.method


@pytest.mark.parametrize(("name", "route"), ROUTES.items())
def test_an_event_names_the_caller_where_the_route_asks_who_it_is(name: str, route: Route) -> None:
    event = _event(name)
    assert ("authorizer" in event["requestContext"]) is not route.is_public
    assert ("authorization" in event["headers"]) is not route.is_public
    if not route.is_public:
        assert event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] == "runner-1"
