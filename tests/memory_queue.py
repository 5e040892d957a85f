"""The revocation queue in memory."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any

type Document = dict[str, Any]

VISIBILITY = timedelta(seconds=180)


@dataclass(slots=True)
class Message:
    """One message; its id is its receipt too."""

    id: str
    body: str
    visible_at: datetime
    received: int = 0


class MemoryQueue:
    """A queue on a clock of its own: a message comes no earlier than its delay, and again until it is deleted."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.messages: dict[str, Message] = {}
        self.sent: list[str] = []

    def answer(self, operation: str, body: Document) -> Document:
        """Answer SendMessage or ChangeMessageVisibility with a document."""
        if operation == "SendMessage":
            return self._send(body["MessageBody"], body.get("DelaySeconds", 0))
        message = self.messages.get(body["ReceiptHandle"])
        if message:
            message.visible_at = self._now() + timedelta(seconds=body["VisibilityTimeout"])
        return {}

    def next_at(self) -> datetime | None:
        """Return when the next message can be received; None where the queue is empty."""
        return min((message.visible_at for message in self.messages.values()), default=None)

    def receive(self) -> Iterator[tuple[Message, Document]]:
        """Hand out what can be received now, each with the record that Lambda makes of it, and hide it meanwhile."""
        for message in [message for message in self.messages.values() if message.visible_at <= self._now()]:
            message.received += 1
            message.visible_at = self._now() + VISIBILITY
            attributes = {"ApproximateReceiveCount": str(message.received)}
            yield (
                message,
                {
                    "messageId": message.id,
                    "receiptHandle": message.id,
                    "body": message.body,
                    "attributes": attributes,
                },
            )

    def delete(self, message: Message) -> None:
        """Remove a message that the worker is done with."""
        self.messages.pop(message.id, None)

    def _send(self, body: str, delay_seconds: int) -> Document:
        message = Message(secrets.token_hex(8), body, self._now() + timedelta(seconds=delay_seconds))
        self.sent.append(body)
        self.messages[message.id] = message
        return {"MessageId": message.id, "MD5OfMessageBody": md5(body.encode(), usedforsecurity=False).hexdigest()}
