"""What the functions answer, in every shape it can have, is as the OpenAPI document says."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from account_link import api, confirmation, pages
from account_link.callback import Landing
from account_link.documents import start_document, status_document
from account_link.errors import LinkError
from account_link.models import (
    WRONG_CODES_ALLOWED,
    Account,
    Athlete,
    Attempt,
    AttemptId,
    AttemptStatus,
    Code,
    Connection,
    Grant,
    GrantId,
    InvocationId,
    Link,
    Outcome,
    Redemption,
    SealedState,
    State,
    UserId,
)
from account_link.start import Started
from tests.api_document import ApiDocument

NOW = datetime(2026, 1, 31, 17, 59, 59, 250_000, tzinfo=UTC)
SOON = NOW + timedelta(minutes=10)
ID = AttemptId("attempt-1")
CODE = confirmation.derive(b"salt", Code("code"), State("state"))
WITHOUT_A_GRANT = {AttemptStatus.CANCELLED, AttemptStatus.FAILED}
RETURN_URLS = ("https://kinni.example/back", "http://127.0.0.1:3000/", "kinni://connected-apps/trainingpeaks")


@pytest.fixture(scope="module")
def described() -> ApiDocument:
    return ApiDocument()


def _attempts() -> Iterator[Attempt | None]:
    yield None
    for status, outcome, age in product(AttemptStatus, [*Outcome, None], [0, 1]):
        if status in WITHOUT_A_GRANT and outcome is Outcome.AUTHORIZED:
            continue
        expires_at = SOON - timedelta(hours=age)
        redemption = Redemption(InvocationId("i"), NOW - timedelta(hours=age), GrantId("g"), b"", b"")
        yield Attempt(ID, status, "", "", expires_at, b"", SealedState(b""), redemption, outcome=outcome)
        yield Attempt(ID, status, "", "", expires_at, b"", SealedState(b""), wrong_codes=WRONG_CODES_ALLOWED)


def _links() -> Iterator[Link | None]:
    yield None
    athletes = [Athlete(1), Athlete(2**63 - 1, "Robin"), Athlete(123456, "R" * 200, "Vale")]
    used = (Connection.ACTIVE, Connection.REAUTHORIZATION_REQUIRED)
    for athlete, connection, expires_at in product(athletes, used, [SOON, NOW, NOW - timedelta(days=9)]):
        grant = Grant(GrantId("grant-1"), athlete, ("athlete:profile", "file:write"), expires_at, NOW)
        yield Link(grant, connection, NOW)
        yield Link(replace(grant, scopes=()), connection, NOW)


def _status_documents() -> Iterator[dict[str, Any]]:
    for attempt, link, auto_upload in product(_attempts(), _links(), [True, False]):
        account = Account(UserId("runner-1"), attempt=attempt, link=link, auto_upload=auto_upload and link is not None)
        yield status_document(account, NOW)


def test_every_status_document_is_as_described(described: ApiDocument) -> None:
    shapes = {json.dumps(document): document for document in _status_documents()}
    assert [
        fault for document in shapes.values() for fault in described.faults(document, described.schemas["Status"])
    ] == []


def test_no_word_is_described_that_no_status_document_holds(described: ApiDocument) -> None:
    shown = list(_status_documents())
    attempts = [document["attempt"] for document in shown if document["attempt"]]
    assert {document["connection"] for document in shown} == set(described.schemas["Connection"]["enum"])
    assert {attempt["status"] for attempt in attempts} == set(described.schemas["AttemptStatus"]["enum"])
    codes = described.schemas["Attempt"]["properties"]["error_code"]["enum"]
    assert {attempt["error_code"] for attempt in attempts} == set(codes)


@pytest.mark.parametrize("status", AttemptStatus)
@pytest.mark.parametrize("url", ["https://oauth.example/OAuth/Authorize?scope=a%20b", None])
def test_every_start_document_is_as_described(described: ApiDocument, status: AttemptStatus, url: str | None) -> None:
    document = start_document(Started(ID, status, url, SOON))
    assert described.faults(document, described.schemas["Started"]) == []


@pytest.mark.parametrize("part", ["linked", "connection", "athlete", "token", "attempt", "scopes", "linked_at"])
def test_a_document_without_one_of_its_parts_is_not_as_described(described: ApiDocument, part: str) -> None:
    document = status_document(Account(UserId("runner-1")), NOW)
    assert described.faults(
        {name: value for name, value in document.items() if name != part}, described.schemas["Status"]
    )
    assert described.faults(document | {"more": 1}, described.schemas["Status"])


@pytest.mark.parametrize("error", api.STATUSES)
def test_every_problem_is_as_described(described: ApiDocument, error: type[LinkError]) -> None:
    answer = api.problem(error(), "request-1")
    assert described.faults(json.loads(answer["body"]), described.schemas["Problem"]) == []


@pytest.mark.parametrize("outcome", [*Outcome, None])
@pytest.mark.parametrize("return_url", [*RETURN_URLS, None])
def test_every_landing_is_as_described(described: ApiDocument, outcome: Outcome | None, return_url: str | None) -> None:
    code = CODE if outcome is Outcome.AUTHORIZED else None
    attempt_id = ID if return_url else None
    answer = pages.answer(Landing(outcome, attempt_id, return_url, code), RETURN_URLS[0])
    documented = described.operations["callback"]["responses"][str(answer["statusCode"])]

    fixed = set(documented["headers"]) - {"Refresh"} | ({"Content-Type"} if "content" in documented else set())
    assert set(answer["headers"]) - {"Refresh"} == fixed
    assert ("Refresh" in answer["headers"]) == (outcome is None)
    assert "Refresh" not in answer["headers"] or "Refresh" in documented["headers"]
    assert answer["headers"]["Cache-Control"] == "no-store"
    if "Location" in answer["headers"]:
        fragment = dict(parse_qsl(urlsplit(answer["headers"]["Location"]).fragment, strict_parsing=True))
        assert described.faults(fragment, described.schemas["ReturnFragment"]) == []
        assert fragment["outcome"] == outcome
