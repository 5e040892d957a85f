"""What becomes of a failed call to AWS: an answer for the caller, a line and counts for the operators."""

import json
from io import StringIO
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from account_link.aws_errors import try_again
from account_link.errors import TryAgainError
from tests.logged import logged_to

MARK = "MARK-of-a-message"


def refused(operation: str, code: str, message: str = MARK) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def told(exc: Exception, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the line in the log and the metrics counted."""
    log = StringIO()
    with logged_to(log):
        raised = try_again(exc)
    assert type(raised) is TryAgainError
    assert MARK not in log.getvalue()
    printed = capsys.readouterr().out
    assert MARK not in printed
    names = [json.loads(line)["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"] for line in printed.splitlines()]
    line: dict[str, Any] = json.loads(log.getvalue())
    return line, sorted(names)


def test_the_operators_learn_what_failed_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    line, counted = told(refused("UpdateItem", "ThrottlingException"), capsys)

    assert (line["message"], line["operation"], line["cause"]) == ("aws_failed", "UpdateItem", "ThrottlingException")
    assert counted == ["AwsCallFailed"]


def test_what_got_no_answer_is_named_by_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    line, counted = told(ReadTimeoutError(endpoint_url=MARK), capsys)

    assert (line["operation"], line["cause"]) == ("", "ReadTimeoutError")
    assert counted == ["AwsCallFailed"]


@pytest.mark.parametrize(
    "exc",
    [
        refused("Decrypt", "AccessDeniedException"),
        refused("GenerateDataKey", "DisabledException"),
        refused("GenerateDataKey", "KMSInvalidStateException"),
        refused("GetItem", "AccessDeniedException", "not authorized to perform: kms:Decrypt on the resource"),
        refused("SendMessage", "KmsAccessDenied"),
        refused("SendMessage", "KmsDisabled"),
    ],
    ids=lambda exc: f"{exc.operation_name} {exc.response['Error']['Code']}",
)
def test_a_key_that_is_refused_is_counted_whoever_asked_for_it(
    exc: ClientError, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(exc, capsys)[1] == ["AwsCallFailed", "KeyRefused"]


@pytest.mark.parametrize(
    "exc",
    [
        refused("Decrypt", "ThrottlingException"),
        refused("GetItem", "AccessDeniedException", "not authorized to perform: dynamodb:GetItem"),
        refused("SendMessage", "KmsThrottled"),
    ],
    ids=lambda exc: f"{exc.operation_name} {exc.response['Error']['Code']}",
)
def test_what_is_not_the_keys_doing_is_not_counted_as_such(
    exc: ClientError, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(exc, capsys)[1] == ["AwsCallFailed"]
