"""The sample events are what API Gateway and SQS send to the functions."""

import json
from functools import partial
from hashlib import md5
from typing import Any, cast

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from account_link.models import GrantId
from account_link.revocation_queue import RevocationQueue
from local.template import TEMPLATE_FILE, Route, function_folder, functions, load_template, routes
from tests.fakes import ENVIRONMENT, aws_answer

FOLDER = TEMPLATE_FILE.parent / "events"
TEMPLATE = load_template()
ROUTES = {function_folder(TEMPLATE, route.function).name: route for route in routes(TEMPLATE)}
QUEUE = "revoke"


def _event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return event


def test_each_function_has_its_event() -> None:
    folders = {function_folder(TEMPLATE, function).name for function in functions(TEMPLATE)}
    assert {file.stem for file in FOLDER.glob("*.json")} == folders == {*ROUTES, QUEUE}


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


def test_the_workers_event_is_a_batch_of_the_revocation_queue() -> None:
    (record,) = _event(QUEUE)["Records"]

    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].startswith("arn:aws:sqs:")
    assert "RevocationQueue" in record["eventSourceARN"]
    assert record["md5OfBody"] == md5(record["body"].encode(), usedforsecurity=False).hexdigest()
    assert record["attributes"]["ApproximateReceiveCount"].isdecimal()
    assert record["messageId"]
    assert record["receiptHandle"]


def test_the_workers_event_says_what_the_layer_announces() -> None:
    """Word for word: the worker reads nothing else out of it."""
    sent: list[dict[str, Any]] = []
    sqs = boto3.Session().client("sqs")
    sqs.meta.events.register("before-send", partial(_take, sent))  # type: ignore[arg-type]

    RevocationQueue(sqs, ENVIRONMENT["REVOCATION_QUEUE_URL"]).announce(GrantId("example-grant"))

    assert [message["MessageBody"] for message in sent] == [_event(QUEUE)["Records"][0]["body"]]
    sqs.close()


def _take(sent: list[dict[str, Any]], request: AWSPreparedRequest, **_: object) -> AWSResponse:
    message: dict[str, Any] = json.loads(cast("bytes", request.body))
    sent.append(message)
    digest = md5(message["MessageBody"].encode(), usedforsecurity=False).hexdigest()
    return aws_answer(request.url, {"MessageId": "1", "MD5OfMessageBody": digest})
