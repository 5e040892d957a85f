"""MessageQueue: the revocation queue in memory, with delays and visibility on the schedule's clock."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any

from tests.interleave.clock import Clock

VISIBILITY = timedelta(seconds=180)


@dataclass(frozen=True, slots=True)
class Message:
    """One message; its id is its receipt too."""

    id: str
    body: str
    visible_at: datetime
    received: int = 0


class MessageQueue:
    """A message comes no earlier than its delay, and again until it is deleted."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.messages: dict[str, Message] = {}
        self.sent: list[str] = []

    def answer(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answer SendMessage or ChangeMessageVisibility with a document."""
        if operation == "SendMessage":
            return self._send(body["MessageBody"], timedelta(seconds=body.get("DelaySeconds", 0)))
        message = self.messages.get(body["ReceiptHandle"])
        if message:
            visible_at = self._clock.at + timedelta(seconds=body["VisibilityTimeout"])
            self.messages[message.id] = replace(message, visible_at=visible_at)
        return {}

    def due(self) -> list[Message]:
        """Return what can be received now."""
        return [message for message in self.messages.values() if message.visible_at <= self._clock.at]

    def next_at(self) -> datetime:
        """Return when the next message can be received."""
        return min(message.visible_at for message in self.messages.values())

    def receive(self, message: Message) -> dict[str, Any]:
        """Return the event that hands the message to the worker; it is hidden meanwhile."""
        known = self.messages.get(message.id, message)
        taken = replace(known, received=known.received + 1, visible_at=self._clock.at + VISIBILITY)
        self.messages[message.id] = taken
        attributes = {"ApproximateReceiveCount": str(taken.received)}
        record = {"messageId": taken.id, "receiptHandle": taken.id, "body": taken.body, "attributes": attributes}
        return {"Records": [record]}

    def settle(self, message: Message, answer: dict[str, Any]) -> None:
        """Delete the message unless the worker wants it again."""
        if not answer["batchItemFailures"]:
            self.messages.pop(message.id, None)

    def _send(self, body: str, delay: timedelta) -> dict[str, Any]:
        name = f"message-{len(self.sent)}"
        self.sent.append(body)
        self.messages[name] = Message(name, body, self._clock.at + delay)
        return {"MessageId": name, "MD5OfMessageBody": md5(body.encode(), usedforsecurity=False).hexdigest()}
