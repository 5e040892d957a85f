"""Whatever schemathesis makes of the OpenAPI document, valid or not: the API answers as the document says."""

import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi import checks

from local.openapi.document import openapi
from local.settings import LocalSettings
from local.stack import LocalStack
from tests.e2e.kinni_app import App

CALLBACK = "GET /v1/trainingpeaks/callback"
CONFIRM = "POST /v1/trainingpeaks/link"
BUDGET = settings(
    max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

schema = schemathesis.openapi.from_dict(openapi())
schema.config.generation.update(deterministic=True, database="none")
# What is too large as a whole is refused before anybody looks at its parts.
schema.config.checks.negative_data_rejection.expected_statuses.append("413")
load_all_checks()

NOT_PROMISED = [
    # An attempt that nobody started, or a link that nobody made, is a valid request and a 404.
    checks.positive_data_acceptance,
    # API Gateway answers 404 to a method that no route has.
    checks.unsupported_method,
]


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack(LocalSettings(port=0)) as running:
        yield running


@pytest.fixture(scope="module")
def apps(stack: LocalStack) -> Iterator[dict[str, App]]:
    """Return the apps by operation: one's requests leave the link of another's as it is."""
    with httpx.Client(base_url=stack.url, trust_env=False) as http:
        yield defaultdict(lambda: App(stack, http))


@schema.parametrize()
@BUDGET
def test_the_api_answers_as_documented(case: "schemathesis.Case[Any]", apps: dict[str, App]) -> None:
    is_new = case.operation.label not in apps
    app = apps[case.operation.label]
    if is_new:
        assert app.link().status_code == 200
    if case.meta is None or case.meta.generation.mode is schemathesis.GenerationMode.POSITIVE:
        _speak_of_something_real(case, app)
    is_callback = case.operation.label == CALLBACK
    # Whatever TrainingPeaks' redirect says, the browser is led back.
    never_refused = [checks.negative_data_rejection] if is_callback else []
    case.call_and_validate(
        base_url=app.stack.url,
        headers={} if is_callback else {"Authorization": f"Bearer {app.stack.issuer.mint(app.user)}"},
        excluded_checks=[*NOT_PROMISED, *never_refused],
    )


def _speak_of_something_real(case: "schemathesis.Case[Any]", app: App) -> None:
    """Replace what nobody can guess: without it, every attempt and every state is an unknown one."""
    if case.operation.label == CONFIRM and isinstance(case.body, dict) and "attempt_id" in case.body:
        # Not in place: it may be the document's own example.
        case.body = case.body | {"attempt_id": app.call("GET", "/status").json()["attempt"]["attempt_id"]}
    if case.operation.label == CALLBACK and case.query and "state" in case.query:
        link = app.start(key=str(uuid.uuid4())).json()["authorization_url"]
        if link:
            case.query = {**case.query, "state": parse_qs(urlsplit(link).query)["state"][0]}
