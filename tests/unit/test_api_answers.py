"""What leaves the functions: JSON, problem documents, one line in the log."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from account_link import api
from account_link.errors import (
    AttemptExpiredError,
    AttemptNotAuthorizedError,
    AttemptNotFoundError,
    ConfirmationCodeWrongError,
    IdempotencyKeyInvalidError,
    IdempotencyKeyReusedError,
    LinkError,
    NotLinkedError,
    NotSignedInError,
    ReauthorizationRequiredError,
    RequestInvalidError,
    RequestTooLargeError,
    ReturnUrlNotAllowedError,
    TrainingPeaksDownError,
    TryAgainError,
)
from account_link.table import TransactionConflictError
from tests.fakes import FakeContext, event
from tests.logged import logged_to

CONTRACT = {
    AttemptExpiredError: (410, "attempt_expired"),
    AttemptNotAuthorizedError: (409, "attempt_not_authorized"),
    AttemptNotFoundError: (404, "attempt_not_found"),
    ConfirmationCodeWrongError: (403, "confirmation_code_wrong"),
    IdempotencyKeyInvalidError: (400, "idempotency_key_invalid"),
    IdempotencyKeyReusedError: (422, "idempotency_key_reused"),
    NotLinkedError: (404, "not_linked"),
    NotSignedInError: (401, "not_signed_in"),
    RequestInvalidError: (400, "request_invalid"),
    RequestTooLargeError: (413, "request_too_large"),
    ReturnUrlNotAllowedError: (400, "return_url_not_allowed"),
    TryAgainError: (503, "try_again"),
    TrainingPeaksDownError: (503, "trainingpeaks_unavailable"),
    TransactionConflictError: (503, "try_again"),
}
OF_TOKEN_USE_ONLY = {ReauthorizationRequiredError}
"""What a function meets that calls TrainingPeaks for a user. None does yet, so no contract has given it a status."""
CONTEXT = FakeContext()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Listen to what the functions log."""
    written = io.StringIO()
    with logged_to(written):
        yield written


def answered(outcome: api.Response | Exception, given: dict[str, Any] | None = None) -> api.Response:
    """Return what API Gateway gets from a function that answers or raises this."""

    @api.answers_problems
    def handler(_event: api.Event, _context: object) -> api.Response:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return handler(given or event(), CONTEXT)


def caused(error: LinkError, cause: BaseException) -> LinkError:
    error.__cause__ = cause
    return error


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_every_error_of_the_contract_is_here() -> None:
    assert CONTRACT.keys() >= api.STATUSES.keys()
    assert set(LinkError.__subclasses__()) - CONTRACT.keys() == OF_TOKEN_USE_ONLY
    assert set(TryAgainError.__subclasses__()) <= CONTRACT.keys()
    assert OF_TOKEN_USE_ONLY.isdisjoint(api.STATUSES)


@pytest.mark.parametrize(("error", "told"), CONTRACT.items())
def test_an_error_is_answered_as_the_contract_says(error: type[LinkError], told: tuple[int, str]) -> None:
    answer = answered(error())

    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == told


@pytest.mark.parametrize("error", CONTRACT)
def test_a_problem_document_has_the_shape_of_rfc_9457(error: type[LinkError]) -> None:
    raised = error()
    raised.args = ("what only the code knows",)
    answer = answered(raised)
    document = json.loads(answer["body"])

    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert document == {
        "type": f"urn:kinni:trainingpeaks:{error.code}",
        "title": error.title,
        "status": answer["statusCode"],
        "detail": error.detail,
        "code": error.code,
        "request_id": "request-1",
    }


def test_a_problem_repeats_nothing_of_its_cause() -> None:
    answer = answered(caused(RequestInvalidError("a code"), ValueError("a token")))

    assert "a code" not in str(answer)
    assert "a token" not in str(answer)


@pytest.mark.parametrize("error", CONTRACT)
def test_only_503_says_when_to_come_back(error: type[LinkError]) -> None:
    answer = answered(error())

    assert ("Retry-After" in answer["headers"]) is (answer["statusCode"] == HTTPStatus.SERVICE_UNAVAILABLE)
    assert int(answer["headers"].get("Retry-After", "1")) >= 1


@pytest.mark.parametrize("error", [TryAgainError, TrainingPeaksDownError])
def test_a_503_says_how_long_it_knows_that_there_is_to_wait(error: type[TryAgainError]) -> None:
    assert answered(error())["headers"]["Retry-After"] == "2"
    assert answered(error(timedelta(seconds=47)))["headers"]["Retry-After"] == "47"
    assert answered(error(timedelta(seconds=2.1)))["headers"]["Retry-After"] == "3"
    assert answered(error(timedelta()))["headers"]["Retry-After"] == "1"


@pytest.mark.parametrize("bug", [KeyError("x"), AssertionError(), RecursionError(), ReadTimeoutError(endpoint_url="x")])
def test_a_bug_crashes_so_that_it_is_counted(bug: Exception) -> None:
    with pytest.raises(type(bug)) as crash:
        answered(bug)

    assert crash.value is bug


def test_an_answer_passes_through_untouched() -> None:
    answer = api.json_answer({"auto_upload": True})

    assert answered(answer) is answer


def test_a_json_answer_is_for_the_caller_alone() -> None:
    answer = api.json_answer({"first_name": "Zoë"}, HTTPStatus.CREATED)

    assert answer["statusCode"] == 201
    assert answer["headers"] == {"Content-Type": "application/json", "Cache-Control": "no-store"}
    assert json.loads(answer["body"]) == {"first_name": "Zoë"}
    assert json.loads(json.dumps(answer)) == answer


def test_204_has_no_body() -> None:
    assert api.no_content() == {"statusCode": 204, "headers": {"Cache-Control": "no-store"}}


@pytest.mark.parametrize("outcome", [api.json_answer({"secret": 1}), TryAgainError(), NotLinkedError()], ids=repr)
def test_each_request_logs_one_line(log: io.StringIO, outcome: api.Response | Exception) -> None:
    answer = answered(outcome)

    (line,) = lines(log)
    assert line["status"] == answer["statusCode"]
    assert line["route"] == "POST /v1/trainingpeaks/auth"
    assert line["request_id"] == "request-1"


def test_the_line_holds_neither_header_nor_query_nor_body(log: io.StringIO) -> None:
    given = event(
        headers={"authorization": "Bearer MARK-jwt", "idempotency-key": "MARK-key"},
        rawPath="/MARK-path",
        rawQueryString="code=MARK-code&state=MARK-state",
        queryStringParameters={"code": "MARK-code"},
        cookies=["MARK-cookie"],
        body="MARK-body",
    )

    answered(api.json_answer({"answer": "MARK-answer"}), given)
    answered(caused(RequestInvalidError("MARK-error"), ValueError("MARK-cause")), given)

    assert len(lines(log)) == 2
    assert "MARK" not in log.getvalue()


@pytest.mark.parametrize(
    ("cause", "name"),
    [
        (ValueError("MARK"), "ValueError"),
        (ReadTimeoutError(endpoint_url="MARK"), "ReadTimeoutError"),
        (ClientError({"Error": {"Code": "ThrottlingException", "Message": "MARK"}}, "Decrypt"), "ThrottlingException"),
    ],
)
def test_the_line_names_the_cause_without_its_text(log: io.StringIO, cause: Exception, name: str) -> None:
    answered(caused(TryAgainError(), cause))

    assert lines(log)[0]["cause"] == name
    assert "MARK" not in log.getvalue()
