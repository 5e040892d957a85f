"""Acts: what a person's app, a browser or a queue makes the functions do; each is one invocation or a few."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

from account_link import wiring
from account_link.deadline import Deadline
from account_link.errors import LinkError
from account_link.models import InvocationId, TokenSet, UserId
from tests.interleave.message_queue import Message
from tests.interleave.stage import CALLBACK_URL, Stage

LIMIT_SECONDS = 29.0
WRONG = "a-confirmation-code-that-nobody-got"


@dataclass
class Person:
    """Somebody with the app: whom they are at TrainingPeaks, and what app and browser know of their last attempt."""

    user: str
    athlete: str
    attempt_id: str = ""
    state: str = ""
    codes: list[str] = field(default_factory=list)
    confirmation_code: str = ""


@dataclass(frozen=True)
class Answer:
    """What an act was answered; `place` is where the journal stood then."""

    act: str
    user: str
    status: int
    document: dict[str, Any]
    place: int = 0
    tokens: tuple[str, ...] = ()
    text: str = ""


@dataclass
class Acts:
    """The acts of one person on a stage; every answer is noted."""

    stage: Stage
    answers: list[Answer]

    def start(self, person: Person, key: str | None = None) -> Answer:
        """Tap on Link TrainingPeaks; the app remembers what the answer says."""
        event = _event(person.user) | {"headers": {"Idempotency-Key": key or uuid4().hex}, "body": ""}
        answer = self._invoke("start", person.user, "StartAuthFunction", event)
        url = answer.document.get("authorization_url")
        if answer.status in {200, 201}:
            person.attempt_id = answer.document["attempt_id"]
        if url:
            person.state = parse_qs(urlsplit(url).query)["state"][0]
            person.codes = []
            person.confirmation_code = ""
        return answer

    def allow(self, person: Person, codes: int = 1, athlete: str = "") -> None:
        """Allow access at TrainingPeaks, in as many browsers."""
        provider = self.stage.provider
        who, attempt = athlete or person.athlete, person.attempt_id
        person.codes = [provider.code_for(who, CALLBACK_URL, attempt) for _ in range(codes)]

    def callback(self, person: Person, code: int = 0) -> Answer:
        """Come back from TrainingPeaks with one of the codes."""
        query = urlencode({"code": person.codes[code], "state": person.state})
        event = {"rawQueryString": query, "headers": {}, "requestContext": {"requestId": "request"}}
        answer = self._invoke("callback", person.user, "CallbackFunction", event)
        if answer.document.get("outcome") == "authorized":
            person.confirmation_code = answer.document["confirmation_code"]
        return answer

    def confirm(self, person: Person) -> Answer:
        """Confirm the attempt with the code that the browser brought back."""
        return self._confirm("confirm", person.user, person.attempt_id, person.confirmation_code)

    def guess(self, person: Person) -> Answer:
        """Confirm the attempt with a code that no browser brought back."""
        return self._confirm("wrong", person.user, person.attempt_id, WRONG)

    def steal(self, thief: Person, owner: Person) -> Answer:
        """Confirm somebody else's attempt with its own code."""
        return self._confirm("steal", thief.user, owner.attempt_id, owner.confirmation_code)

    def unlink(self, person: Person) -> Answer:
        """Tap on Unlink."""
        return self._invoke("unlink", person.user, "UnlinkFunction", _event(person.user))

    def use(self, person: Person) -> Answer:
        """Call TrainingPeaks for the user, as an upload would."""
        seen: list[str] = []

        def call(tokens: TokenSet) -> int:
            seen.append(tokens.access_token)
            return wiring.trainingpeaks().athlete(tokens, Deadline(LIMIT_SECONDS)).id

        by = InvocationId(uuid4().hex)
        try:
            athlete = wiring.token_use().run(UserId(person.user), call, by, Deadline(LIMIT_SECONDS))
        except LinkError as exc:
            return self._note(Answer("use", person.user, 500, {"code": exc.code}, tokens=tuple(seen)))
        return self._note(Answer("use", person.user, 200, {"athlete": athlete}, tokens=tuple(seen)))

    def work(self, message: Message) -> Answer:
        """Hand a message to the worker, and keep the queue as Lambda would."""
        event = self.stage.queue.receive(message)
        document = self.stage.functions.invoke("RevokeFunction", event)
        self.stage.queue.settle(message, document)
        return self._note(Answer("worker", "", 200, document))

    def _confirm(self, act: str, user: str, attempt_id: str, code: str) -> Answer:
        event = _event(user) | {"body": json.dumps({"attempt_id": attempt_id, "confirmation_code": code})}
        return self._invoke(act, user, "ConfirmFunction", event)

    def _invoke(self, act: str, user: str, function: str, event: dict[str, Any]) -> Answer:
        response = self.stage.functions.invoke(function, event)
        text = response.get("body", "")
        document = json.loads(text) if "json" in response["headers"].get("Content-Type", "") else {}
        location = response["headers"].get("Location", "")
        if location:
            document = {name: values[0] for name, values in parse_qs(urlsplit(location).fragment).items()}
        return self._note(Answer(act, user, response["statusCode"], document, text=text))

    def _note(self, answer: Answer) -> Answer:
        noted = Answer(**(vars(answer) | {"place": len(self.stage.journal.entries)}))
        self.answers.append(noted)
        return noted


def _event(user: str) -> dict[str, Any]:
    context = {"requestId": "request", "authorizer": {"jwt": {"claims": {"sub": user}}}}
    return {"headers": {}, "requestContext": context}
