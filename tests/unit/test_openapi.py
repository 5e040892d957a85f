"""The OpenAPI document says what the code does."""

import ast
import json
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from account_link import api, callback_query
from account_link.bodies import AutoUploadBody, Body, ConfirmBody, StartBody, parse
from account_link.errors import (
    IdempotencyKeyInvalidError,
    LinkError,
    ReauthorizationRequiredError,
    RequestInvalidError,
    TrainingPeaksDownError,
)
from local.openapi.document import as_yaml
from local.openapi.problems import PROBLEMS
from local.template import TEMPLATE_FILE, Template, function_folder, public_routes, routes
from tests.api_document import ApiDocument, Part

ROOT = TEMPLATE_FILE.parent
LAYER = ROOT / "layers" / "account_link" / "account_link"

OF_TOKEN_USE = {ReauthorizationRequiredError, TrainingPeaksDownError}
"""What a function meets that calls TrainingPeaks for a user: the layer offers it, and no route does it yet."""
GATEWAY = {401, 429, 500}
STATUSES = {
    "start_auth": GATEWAY | {200, 201, 400, 413, 422, 503},
    "callback": {200, 303, 429, 500, 503},
    "confirm": GATEWAY | {200, 400, 403, 404, 409, 410, 413, 503},
    "status": GATEWAY | {200, 503},
    "toggle": GATEWAY | {200, 400, 404, 413, 503},
    "unlink": GATEWAY | {204, 503},
}


@pytest.fixture(scope="module")
def described() -> ApiDocument:
    return ApiDocument()


def test_the_document_is_valid(described: ApiDocument) -> None:
    OpenAPIV31SpecValidator(described.document).validate()


def test_the_file_is_what_the_code_says() -> None:
    assert (ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8") == as_yaml(), "run `make openapi`"


def test_its_routes_are_the_templates(described: ApiDocument, template: Template) -> None:
    found = {
        (method.upper(), path): operation["operationId"]
        for path, methods in described.document["paths"].items()
        for method, operation in methods.items()
    }
    functions = {
        (route.method, route.path): function_folder(template, route.function).name for route in routes(template)
    }
    assert found == functions


def test_only_public_routes_ask_for_no_jwt(described: ApiDocument, template: Template) -> None:
    open_to_all = {
        (method.upper(), path)
        for path, methods in described.document["paths"].items()
        for method, operation in methods.items()
        if operation.get("security") == []
    }
    assert open_to_all == public_routes(template)
    (scheme,) = described.document["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")
    assert described.document["security"] == [{"KinniJwt": []}]


@pytest.mark.parametrize("function", STATUSES)
def test_a_routes_answers_are_those_of_the_contract(described: ApiDocument, function: str) -> None:
    assert {int(status) for status in described.operations[function]["responses"]} == STATUSES[function]


def test_every_error_is_answered_by_some_route() -> None:
    answered = {error for errors in PROBLEMS.values() for error in errors}
    assert answered == api.STATUSES.keys()
    for error in _children(LinkError) - OF_TOKEN_USE:
        assert answered.intersection(error.__mro__), error


def test_no_route_can_meet_the_errors_of_the_tokens_use() -> None:
    """Once one does, these errors need a status and a place in the document."""
    names = {error.__name__ for error in OF_TOKEN_USE}
    asked = {name for folder in STATUSES for name in _asked_of_wiring(folder)}

    assert {file.stem for file in LAYER.glob("*.py") if names & _raised(file.stem)} == {"refresh", "token_use"}
    assert "token_use" in _functions_of("wiring")
    assert asked.isdisjoint({"token_use", *_builders_importing("refresh"), *_builders_importing("token_use")})
    assert OF_TOKEN_USE.isdisjoint(error for errors in PROBLEMS.values() for error in errors)


@pytest.mark.parametrize("folder", STATUSES)
def test_a_service_raises_only_what_its_routes_document(folder: str) -> None:
    module = _service_module(folder)
    users = [other for other in STATUSES if _service_module(other) == module]
    documented = {error.__name__ for user in users for error in PROBLEMS[user]}
    known = {error.__name__ for error in _children(LinkError)}
    assert known.intersection(_raised(module)) <= documented


def test_the_examples_are_as_their_schemas_say(described: ApiDocument) -> None:
    shown = list(_examples(described))
    assert shown
    for value, schema in shown:
        assert described.faults(value, schema) == []


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (StartBody, {}),
        (StartBody, {"return_url": None}),
        (StartBody, {"return_url": "u" * 2048}),
        (StartBody, {"return_url": "u" * 2049}),
        (StartBody, {"return_url": 1}),
        (StartBody, {"return_url": "kinni://", "user": "runner-2"}),
        (StartBody, []),
        (ConfirmBody, {"attempt_id": "a", "confirmation_code": "c"}),
        (ConfirmBody, {"attempt_id": "a" * 129, "confirmation_code": "c"}),
        (ConfirmBody, {"attempt_id": "a", "confirmation_code": ""}),
        (ConfirmBody, {"attempt_id": "a"}),
        (AutoUploadBody, {"enabled": False}),
        (AutoUploadBody, {"enabled": "true"}),
        (AutoUploadBody, {"enabled": 1}),
        (AutoUploadBody, {"enabled": None}),
        (AutoUploadBody, {}),
    ],
)
def test_a_body_is_accepted_if_its_schema_allows_it(described: ApiDocument, model: type[Body], body: object) -> None:
    faults = described.faults(body, described.schemas[model.__name__])
    assert (faults == []) is _is_accepted(model, body)


@pytest.mark.parametrize("key", ["a", "~" * 128, "~" * 129, "", "two words", "schlüssel", "tab\t"])
def test_an_idempotency_key_is_accepted_if_its_schema_allows_it(described: ApiDocument, key: str) -> None:
    (parameter,) = described.operations["start_auth"]["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("Idempotency-Key", "header", True)
    assert described.faults(parameter["example"], parameter["schema"]) == []
    try:
        api.idempotency_key({"headers": {parameter["name"]: key}})
    except IdempotencyKeyInvalidError:
        assert described.faults(key, parameter["schema"])
    else:
        assert described.faults(key, parameter["schema"]) == []


def test_the_callback_reads_what_is_as_long_as_it_says(described: ApiDocument) -> None:
    parameters = described.operations["callback"]["parameters"]
    limits = {parameter["name"]: parameter["schema"].get("maxLength") for parameter in parameters}
    longest = {name: "x" * limit for name, limit in limits.items() if limit}
    read = callback_query.read("&".join(f"{name}={value}" for name, value in longest.items()))

    assert limits.keys() == {"state", "code", "error"}
    assert {"state": read.state, "code": read.code} == longest
    assert callback_query.read(f"state=s&code={longest['code']}x").code is None
    assert callback_query.read(f"state={longest['state']}x&code=c").state is None


def _children(error: type[LinkError]) -> set[type[LinkError]]:
    children = set(error.__subclasses__())
    return children | {grandchild for child in children for grandchild in _children(child)}


def _service_module(folder: str) -> str:
    """Return the module of the service that a function asks `wiring` for."""
    (name,) = {name for name in _asked_of_wiring(folder) if name.endswith("_service")}
    build = _functions_of("wiring")[name]
    imports = [node for node in ast.walk(build) if isinstance(node, ast.ImportFrom)]
    (module,) = (node.module for node in imports if any(alias.name.endswith("Service") for alias in node.names))
    return str(module).removeprefix("account_link.")


def _asked_of_wiring(folder: str) -> set[str]:
    app = ast.parse((ROOT / "functions" / folder / "app.py").read_text(encoding="utf-8"))
    asked = (node for node in ast.walk(app) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name))
    return {node.attr for node in asked if isinstance(node.value, ast.Name) and node.value.id == "wiring"}


def _functions_of(module: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse((LAYER / f"{module}.py").read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _builders_importing(module: str) -> set[str]:
    """Return what of `wiring` is made from this module."""
    return {
        name
        for name, build in _functions_of("wiring").items()
        for node in ast.walk(build)
        if isinstance(node, ast.ImportFrom) and node.module == f"account_link.{module}"
    }


def _raised(module: str) -> set[str]:
    """Return the names of the classes that a module raises, with arguments or without."""
    tree = ast.parse((LAYER / f"{module}.py").read_text(encoding="utf-8"))
    raised = (node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise))
    named = (exc.func if isinstance(exc, ast.Call) else exc for exc in raised)
    return {exc.id for exc in named if isinstance(exc, ast.Name)}


def _examples(described: ApiDocument) -> Iterator[tuple[Any, Part]]:
    """Yield each example of a body or an answer, and its schema."""
    for operation in described.operations.values():
        for part in [operation.get("requestBody", {}), *operation["responses"].values()]:
            for content in part.get("content", {}).values():
                for example in content.get("examples", {}).values():
                    yield described.resolved(example)["value"], content["schema"]


def _is_accepted(model: type[Body], body: object) -> bool:
    try:
        parse(model, json.dumps(body).encode())
    except RequestInvalidError:
        return False
    return True
