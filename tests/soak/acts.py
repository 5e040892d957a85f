"""Acts: what a person's app and browser, or the queue, make the functions do; each is one invocation."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

from account_link import wiring
from account_link.deadline import Deadline
from account_link.errors import LinkError, TryAgainError
from account_link.models import InvocationId, TokenSet, UserId
from local.trainingpeaks.athletes import Athlete
from tests.memory_queue import Message
from tests.soak.invocation import invoked
from tests.soak.provider import state_in
from tests.soak.service import CALLBACK_URL, Service
from tests.soak.world import World

LIMIT_SECONDS = 29.0
OK = 200


@dataclass
class Person:
    """A runner: whom they are at TrainingPeaks, and what app and browser know of the last attempt."""

    user: str
    athlete: Athlete
    attempt_id: str = ""
    state: str = ""
    code: str = ""
    confirmation_code: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status, the code of a problem or the outcome of a callback, and the document."""

    status: int
    code: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    retry_after: int = 0

    @property
    def is_ok(self) -> bool:
        """Whether it was done."""
        return self.status < 400

    @property
    def is_worth_repeating(self) -> bool:
        """Whether an app would send the same again."""
        return self.status == 503


@dataclass(frozen=True)
class Acts:
    """The acts of the people in one life."""

    service: Service
    world: World

    def start(self, person: Person, key: str) -> Answer:
        """Tap on Link TrainingPeaks; the app remembers what the answer says."""
        event = _event(person.user) | {"headers": {"idempotency-key": key}}
        answer = self._call("start", "StartAuthFunction", event)
        url = answer.document.get("authorization_url")
        if answer.is_ok:
            person.attempt_id = answer.document["attempt_id"]
        if url:
            person.state = state_in(url)
            self.world.provider.secrets.add(person.state)
        return answer

    def allow(self, person: Person, athlete: Athlete | None = None) -> None:
        """Sign in at TrainingPeaks and allow access."""
        person.code = self.world.provider.code_for(athlete or person.athlete, CALLBACK_URL)

    def come_back(self, person: Person, **query: str) -> Answer:
        """Follow TrainingPeaks' redirect; `code` of the answer is its outcome, none while it is being worked on."""
        query = (query or {"code": person.code}) | {"state": person.state}
        answer = self._call("callback", "CallbackFunction", {"rawQueryString": urlencode(query)} | _event(""))
        if answer.code == "authorized":
            person.confirmation_code = answer.document["confirmation_code"]
            self.world.provider.secrets.add(person.confirmation_code)
        return answer

    def confirm(self, person: Person) -> Answer:
        """Confirm the attempt with the code that the browser brought back."""
        body = {"attempt_id": person.attempt_id, "confirmation_code": person.confirmation_code}
        return self._call("confirm", "ConfirmFunction", _event(person.user) | {"body": json.dumps(body)})

    def status(self, person: Person) -> Answer:
        """Look at the link."""
        return self._call("status", "StatusFunction", _event(person.user))

    def toggle(self, person: Person, *, enabled: bool) -> Answer:
        """Set the checkbox."""
        event = _event(person.user) | {"body": json.dumps({"enabled": enabled})}
        return self._call("toggle", "ToggleFunction", event)

    def unlink(self, person: Person) -> Answer:
        """Tap on Unlink."""
        return self._call("unlink", "UnlinkFunction", _event(person.user))

    def use(self, person: Person) -> Answer:
        """Call TrainingPeaks for the user, as an upload would."""
        by, deadline = InvocationId(uuid4().hex), Deadline(LIMIT_SECONDS)

        def call(tokens: TokenSet) -> int:
            return wiring.trainingpeaks().athlete(tokens, deadline).id

        with invoked(self.world, "use"):
            try:
                athlete = wiring.token_use().run(UserId(person.user), call, by, deadline)
            except LinkError as exc:
                wait = int(exc.retry_after.total_seconds()) if isinstance(exc, TryAgainError) else 0
                return self._noted("use", Answer(503 if wait else 409, exc.code, retry_after=wait))
        return self._noted("use", Answer(OK, document={"athlete": athlete}))

    def work(self) -> None:
        """Hand the worker what the queue has for it now."""
        for message, record in self.world.queue.receive():
            self._work(message, record)

    def _work(self, message: Message, record: dict[str, Any]) -> None:
        answer = self.service.invoke(self.world, "RevokeFunction", {"Records": [record]})
        again = bool(answer["batchItemFailures"])
        self._noted("worker", Answer(503 if again else OK, "again" if again else ""))
        if not again:
            self.world.queue.delete(message)

    def _call(self, act: str, function: str, event: dict[str, Any]) -> Answer:
        return self._noted(act, _answer(self.service.invoke(self.world, function, event)))

    def _noted(self, act: str, answer: Answer) -> Answer:
        self.world.count("requests")
        self.world.count(f"requests {act}")
        if not answer.is_ok or (act == "callback" and answer.code != "authorized"):
            self.world.count(f"errors {act} {answer.status} {answer.code or 'page'}")
        return answer


def _event(user: str) -> dict[str, Any]:
    claims = {"authorizer": {"jwt": {"claims": {"sub": user}}}} if user else {}
    return {"headers": {}, "requestContext": {"requestId": "request"} | claims}


def _answer(response: dict[str, Any]) -> Answer:
    status, headers = response["statusCode"], response["headers"]
    document: dict[str, Any] = {}
    if "json" in headers.get("Content-Type", ""):
        document = json.loads(response["body"])
    if "Location" in headers:
        document = dict(parse_qsl(urlsplit(headers["Location"]).fragment))
    code = document.get("outcome") or (document.get("code", "") if status >= 400 else "")
    return Answer(status, code, document, int(headers.get("Retry-After", 0)))
