"""Stage: one process's world: the table, the provider, the queue, the key, the clock, and the functions on them."""

import contextlib
import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from unittest import mock
from uuid import uuid4

import boto3

from account_link import wiring
from account_link.client_secret import ClientSecret
from account_link.trainingpeaks import Credentials, TrainingPeaksClient, http_client
from local.runtime import Functions
from local.template import create_table, load_template
from tests.interleave.actors import present
from tests.interleave.aws import Aws
from tests.interleave.clock import Clock
from tests.interleave.journal import Journal
from tests.interleave.key_service import KeyService
from tests.interleave.message_queue import Message, MessageQueue
from tests.interleave.provider import CLIENT_ID, URL, Provider
from tests.logged import logged_to
from tests.offline import environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CALLBACK_URL = "http://127.0.0.1:3000/v1/trainingpeaks/callback"
ENVIRONMENT = environment("interleave", URL, CLIENT_ID, CALLBACK_URL)

type Items = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A world to go back to."""

    items: Items
    provider: dict[str, Any]
    messages: dict[str, Message]
    sent: list[str]
    at: datetime
    names: dict[str, str]
    printed: str


class Stage:
    """Made once per process; `restore` makes it what it was at a snapshot."""

    def __init__(self, client: "DynamoDBClient", table: str, functions: Functions) -> None:
        self.clock = Clock()
        self.journal = Journal()
        self.queue = MessageQueue(self.clock)
        self.provider = Provider(self.clock, self.journal)
        self.keys = KeyService()
        self.printed = io.StringIO()
        self.functions = functions
        self._client = client
        self._table = table
        Aws(self.clock, self.keys, self.queue, self.journal).attach()
        self._wire()

    def listens(self) -> contextlib.AbstractContextManager[object]:
        """Keep what is printed meanwhile: logs and metrics."""
        return contextlib.redirect_stdout(self.printed)

    def items(self) -> Items:
        """Return the whole table as it lies there."""
        answer = self._client.scan(TableName=self._table, ConsistentRead=True)
        return {str(item["pk"]["S"]): dict(item) for item in answer["Items"]}

    def save(self) -> Snapshot:
        """Return the world as it is."""
        return Snapshot(
            self.items(),
            self.provider.save(),
            dict(self.queue.messages),
            list(self.queue.sent),
            self.clock.at,
            dict(self.journal.names),
            self.printed.getvalue(),
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Make the world what it was."""
        self._put_back(snapshot.items)
        self.provider.restore(snapshot.provider)
        self.queue.messages = dict(snapshot.messages)
        self.queue.sent = list(snapshot.sent)
        self.clock.at = snapshot.at
        self.journal.restart(snapshot.names)
        self.printed.seek(0)
        self.printed.truncate()
        self.printed.write(snapshot.printed)

    def _put_back(self, items: Items) -> None:
        present_items = self.items()
        changes: list[Any] = [{"DeleteRequest": {"Key": {"pk": {"S": key}}}} for key in present_items.keys() - items]
        changes += [{"PutRequest": {"Item": item}} for key, item in items.items() if present_items.get(key) != item]
        if changes:
            self._client.batch_write_item(RequestItems={self._table: changes})

    def _wire(self) -> None:
        wiring.forget()
        secret = ClientSecret(boto3.client("secretsmanager"), "secret")
        client = TrainingPeaksClient(
            http_client(self.provider), oauth_url=URL, api_url=URL, credentials=Credentials(CLIENT_ID, secret)
        )
        wiring.provide(clock=self.clock.now, rest=self._rest, trainingpeaks=client)
        for build in (
            wiring.start_service,
            wiring.callback_service,
            wiring.confirm_service,
            wiring.unlink_service,
            wiring.revoke_service,
            wiring.token_use,
            wiring.link_settings,
        ):
            build()

    def _rest(self) -> None:
        actor = present()
        if actor:
            actor.rest()
        self.clock.sleep(0.1)


@contextmanager
def opened(dynamodb_url: str) -> Iterator[Stage]:
    """Yield a stage on DynamoDB Local, with the environment, the time and the output that belong to it."""
    table = f"interleave-{uuid4()}"
    places = {"AWS_ENDPOINT_URL_DYNAMODB": dynamodb_url, "TABLE_NAME": table}
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, ENVIRONMENT | places))
        client = boto3.session.Session().client("dynamodb")
        create_table(client, table)
        functions = stack.enter_context(Functions(load_template()))
        stack.enter_context(mock.patch.object(boto3, "DEFAULT_SESSION", None))
        stage = Stage(client, table, functions)
        stack.callback(wiring.forget)
        opened_at = time.monotonic()
        # However long an actor is held, and however slow the machine is: no real time may pass for the functions.
        stack.enter_context(mock.patch.object(time, "monotonic", return_value=opened_at))
        stack.enter_context(mock.patch.object(time, "sleep", stage.clock.sleep))
        stack.enter_context(logged_to(stage.printed))
        yield stage
        client.delete_table(TableName=table)
