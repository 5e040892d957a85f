"""Service: the functions in this process, for all lives: their environment, their table, and what they are wired to."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from unittest import mock
from uuid import uuid4

import boto3

from account_link import wiring
from account_link.client_secret import ClientSecret
from account_link.token_cipher import TokenCipher
from account_link.trainingpeaks import Credentials, TrainingPeaksClient, http_client
from local.runtime import Functions
from local.template import create_table, load_template
from tests import permissions
from tests.logged import logged_to
from tests.memory_aws import MemoryAws
from tests.offline import environment
from tests.soak.invocation import Output, invoked, present_world
from tests.soak.provider import CLIENT_ID, CLIENT_SECRET, URL, Transport

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.soak.world import World

CALLBACK_URL = "http://127.0.0.1:3000/v1/trainingpeaks/callback"
PARALLEL = 64
REST_SECONDS = 0.005
ENVIRONMENT = environment("soak", URL, CLIENT_ID, CALLBACK_URL)

type Items = dict[str, dict[str, Any]]
type Response = dict[str, Any]

_sleep = time.sleep


@dataclass(frozen=True)
class Service:
    """Invokes the functions, and reads and clears the table without their knowledge."""

    functions: Functions
    cipher: TokenCipher
    rights: permissions.Permissions
    client: "DynamoDBClient"
    table: str

    def invoke(self, world: "World", function: str, event: dict[str, Any]) -> Response:
        """Run a function in a life and return its answer."""
        with invoked(world, function):
            answer: Response = self.functions.invoke(function, event)
            return answer

    def items(self, keys: set[str]) -> Items:
        """Return what lies in the table under these keys."""
        if not keys:
            return {}
        asked: Any = {self.table: {"Keys": [{"pk": {"S": key}} for key in keys], "ConsistentRead": True}}
        answer = self.client.batch_get_item(RequestItems=asked)
        return {str(item["pk"]["S"]): dict(item) for item in answer["Responses"][self.table]}

    def remove(self, keys: list[str]) -> None:
        """Clear the table of a life that is over."""
        for start in range(0, len(keys), 25):
            some: list[Any] = [{"DeleteRequest": {"Key": {"pk": {"S": key}}}} for key in keys[start : start + 25]]
            self.client.batch_write_item(RequestItems={self.table: some})


@contextlib.contextmanager
def opened(dynamodb_url: str) -> Iterator[Service]:
    """Yield the service on DynamoDB Local, with the environment, the time and the output that belong to it."""
    table = f"soak-{uuid4()}"
    places = {"AWS_ENDPOINT_URL_DYNAMODB": dynamodb_url, "TABLE_NAME": table}
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, ENVIRONMENT | places))
        client = boto3.session.Session().client("dynamodb")
        create_table(client, table)
        stack.callback(client.delete_table, TableName=table)
        rights = permissions.enforce()
        functions = stack.enter_context(Functions(load_template(), parallel=PARALLEL))
        cipher = _wire()
        stack.callback(wiring.forget)
        stack.enter_context(mock.patch.object(time, "sleep", _pass_time))
        output = Output()
        stack.enter_context(contextlib.redirect_stdout(output))
        stack.enter_context(logged_to(output))
        yield Service(functions, cipher, rights, client, table)


def _wire() -> TokenCipher:
    """Give the service its parts, and return a cipher for who audits: outside of a life nothing goes wrong."""
    wiring.forget()
    session = boto3.DEFAULT_SESSION or boto3.session.Session()
    MemoryAws(CLIENT_SECRET, present_world).attach(session)
    credentials = Credentials(CLIENT_ID, ClientSecret(session.client("secretsmanager"), "secret"))
    trainingpeaks = TrainingPeaksClient(http_client(Transport()), oauth_url=URL, api_url=URL, credentials=credentials)
    wiring.provide(clock=_now, rest=_rest, trainingpeaks=trainingpeaks)
    return TokenCipher(session.client("kms"), "key")


def _now() -> datetime:
    world = present_world()
    if world is None:
        message = "nobody's life"
        raise RuntimeError(message)
    return world.clock.now()


def _rest() -> None:
    """Let the one who refreshes go on. It takes no time on the clock of the life: its deadlines are for the dead."""
    _sleep(REST_SECONDS)


def _pass_time(seconds: float) -> None:
    """Stand in for `time.sleep`: pauses between the tries of a call take the life's time and hardly any real time."""
    world = present_world()
    if world is None:
        _sleep(seconds)
        return
    world.clock.sleep(seconds)
    _sleep(0)
