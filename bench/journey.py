"""A person's whole way: start, allow, confirm, look, set the checkbox, unlink; and the worker that ends a grant."""

from __future__ import annotations

import json
import os
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.artefacts import ROOT
from bench.worker import Worker
from tests.e2e.athlete_browser import AthleteBrowser

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    type Ask = Callable[[Worker, dict[str, Any]], dict[str, Any]]

RETURN_URL = "kinni://connected-apps/trainingpeaks"


class JourneyError(Exception):
    """A function did not answer as it should; the measurement would be of something else."""


class Journey:
    """One user's requests. `ask` says how each is put to its function: just so, recorded, or measured."""

    def __init__(
        self, workers: Mapping[str, Worker], simulator_url: str, dynamodb: DynamoDBClient, ask: Ask = Worker.warm_up
    ) -> None:
        self.user = f"runner-{uuid.uuid4()}"
        self._workers = workers
        self._simulator_url = simulator_url
        self._dynamodb = dynamodb
        self._ask = ask

    def walk(self) -> None:
        """Link, look, set the checkbox, be refused a second athlete, have that grant revoked, unlink."""
        self.link()
        self._request("status")
        self._request("toggle", body={"enabled": True})
        self._revoke(self._grant_of_another_athlete())
        self._request("unlink")

    def link(self) -> None:
        """Connect the first athlete."""
        authorised = self._authorised(self._start(self._ask), "basic", self._ask)
        body = {"attempt_id": authorised["attempt_id"], "confirmation_code": authorised["confirmation_code"]}
        self._request("confirm", body=body)

    def _start(self, ask: Ask) -> str:
        key = {"idempotency-key": str(uuid.uuid4())}
        answer = self._request("start_auth", ask, headers=key, body={"return_url": RETURN_URL})
        url: str = json.loads(answer["body"])["authorization_url"]
        return url

    def _authorised(self, url: str, athlete: str, ask: Ask) -> dict[str, str]:
        """Allow access as the athlete, follow the redirect, and return what the app is told."""
        with AthleteBrowser(self._simulator_url) as browser:
            told = browser.authorize(dict(_pairs(urlsplit(url).query)), athlete)
        page = self._request("callback", ask, rawQueryString=urlencode(told))
        fragment = page["body"].partition(f"{RETURN_URL}#")[2].partition('"')[0]
        return dict(_pairs(fragment.replace("&amp;", "&")))

    def _grant_of_another_athlete(self) -> str:
        """Authorise an athlete whom the service refuses, for the user has another one; return the grant's id."""
        self._authorised(self._start(Worker.warm_up), "second", Worker.warm_up)
        key = {"pk": {"S": f"USER#{self.user}"}}
        item = self._dynamodb.get_item(TableName=os.environ["TABLE_NAME"], Key=key)["Item"]
        redemption = item["attempt"]["M"]["redemption"]["M"]
        grant_id: str = redemption["grant_id"]["S"]
        return grant_id

    def _revoke(self, grant_id: str) -> None:
        event = _event("revoke")
        event["Records"] = [event["Records"][0] | {"body": json.dumps({"grant_id": grant_id})}]
        answer = self._ask(self._workers["revoke"], event)
        if answer["batchItemFailures"]:
            message = "revoke left the grant alive"
            raise JourneyError(message)

    def _request(
        self,
        function: str,
        ask: Ask | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        **parts: object,
    ) -> dict[str, Any]:
        event = _event(function) | parts
        event["headers"] |= headers or {}
        if "authorizer" in event["requestContext"]:
            event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = self.user
        if body is not None:
            event["body"] = json.dumps(body)
        answer = (ask or self._ask)(self._workers[function], event)
        if answer["statusCode"] not in {200, 201, 204}:
            message = f"{function} answered {answer['statusCode']}"
            raise JourneyError(message)
        return answer


def _event(function: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{function}.json").read_text(encoding="utf-8"))
    return event


def _pairs(query: str) -> list[tuple[str, str]]:
    return [(name, value) for name, values in parse_qs(query, strict_parsing=True).items() for value in values]
