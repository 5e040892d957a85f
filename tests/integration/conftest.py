"""The rig: the real handlers and services, DynamoDB Local, moto, and a TrainingPeaks that follows a script."""

import itertools
import logging
import os
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import boto3
import httpx
import pytest

from account_link import wiring
from account_link.account_table import AccountTable
from account_link.grant_store import GrantStore
from account_link.log import logger
from account_link.models import GrantId, UserId
from account_link.revocation_queue import RevocationQueue
from account_link.table import Table
from local.loopback import LoopbackServer
from local.settings import LocalSettings, TrainingPeaksService
from local.stack import LocalStack
from local.template import create_table
from tests.e2e.athlete_browser import NO_TLS
from tests.integration.aws_calls import AwsCalls
from tests.integration.fault_scenarios import Rig
from tests.integration.runner import DirectDoor, HttpDoor, NewRunner, Runner
from tests.integration.said import Said
from tests.integration.scripted_trainingpeaks import CLIENT_ID, CLIENT_SECRET, TOKEN, ScriptedTrainingPeaks, new_athlete
from tests.integration.secrets_seen import SecretsSeen
from tests.integration.services import RETURN_URLS, Aws, Clock, Services
from tests.integration.stored import StoredItems
from tests.integration.token_life import TokenLife, unlinked_in_vain
from tests.integration.walk import Walk
from tests.integration.worker import Worker, a_queue_that_nobody_polls

_said = pytest.StashKey[Said]()
_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "after_all_others: judges the whole run, so it comes last")
    said = config.stash[_said] = Said()
    config.pluginmanager.register(said)
    logging.getLogger().addHandler(said)


def pytest_unconfigure(config: pytest.Config) -> None:
    logging.getLogger().removeHandler(config.stash[_said])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Judge what was said when all has been said."""
    items.sort(key=lambda item: item.get_closest_marker("after_all_others") is not None)


@pytest.fixture(scope="session")
def said(pytestconfig: pytest.Config) -> Said:
    return pytestconfig.stash[_said]


@pytest.fixture(scope="session")
def secrets() -> SecretsSeen:
    return SecretsSeen()


@pytest.fixture(scope="session")
def aws_calls() -> AwsCalls:
    """Return the one record of all AWS calls; `stack` makes it listen."""
    return AwsCalls()


@pytest.fixture(scope="package")
def scripted(secrets: SecretsSeen) -> ScriptedTrainingPeaks:
    return ScriptedTrainingPeaks(secrets)


@pytest.fixture(scope="package")
def stack(
    dynamodb_local_url: str, scripted: ScriptedTrainingPeaks, aws_calls: AwsCalls, said: Said
) -> Iterator[LocalStack]:
    """Run everything, with three kinds of return URL. Its environment is the whole process's."""
    server = LoopbackServer(scripted)
    server.start()
    settings = LocalSettings(
        port=0,
        trainingpeaks=TrainingPeaksService(server.url, server.url),
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        dynamodb_url=dynamodb_local_url,
    )
    logger.setLevel(logging.DEBUG)
    logger.addHandler(said)
    with LocalStack(settings) as running, aws_calls.listening():
        os.environ["RETURN_URLS"] = ",".join(RETURN_URLS)
        os.environ["REVOCATION_QUEUE_URL"] = a_queue_that_nobody_polls()
        yield running
    server.stop()


@pytest.fixture
def worker(aws: Aws, aws_calls: AwsCalls) -> Iterator[Worker]:
    """Yield what looks at the grants that this test announces."""
    made = Worker(aws.queue_url, aws_calls)
    yield made
    made.close()


@pytest.fixture
def trainingpeaks(stack: LocalStack, scripted: ScriptedTrainingPeaks) -> Iterator[ScriptedTrainingPeaks]:  # noqa: ARG001 -- it serves there
    yield scripted
    scripted.forget_script()


@pytest.fixture(scope="package")
def stored(stack: LocalStack, dynamodb_local_url: str) -> Iterator[StoredItems]:
    items = StoredItems(dynamodb_local_url, stack.settings.table_name)
    yield items
    items.close()


@pytest.fixture
def new_runner(trainingpeaks: ScriptedTrainingPeaks, secrets: SecretsSeen) -> NewRunner:
    """Return what makes runners whom nobody has seen before, each an athlete of their own."""
    return lambda: Runner(f"runner-{next(_numbers)}", new_athlete(), DirectDoor(), trainingpeaks, secrets)


@pytest.fixture
def runner(new_runner: NewRunner) -> Runner:
    return new_runner()


@pytest.fixture(scope="package")
def http() -> Iterator[httpx.Client]:
    limits = httpx.Limits(max_connections=None)
    with httpx.Client(trust_env=False, verify=NO_TLS, timeout=60, limits=limits) as client:
        yield client


@pytest.fixture
def http_runner(
    stack: LocalStack, http: httpx.Client, trainingpeaks: ScriptedTrainingPeaks, secrets: SecretsSeen
) -> Runner:
    return Runner(f"runner-{next(_numbers)}", new_athlete(), HttpDoor(stack, http), trainingpeaks, secrets)


@pytest.fixture(scope="package")
def aws(stack: LocalStack) -> Iterator[Aws]:  # noqa: ARG001 -- it runs there
    config = wiring.aws_config()
    clients = (
        boto3.client("dynamodb", config=config),
        boto3.client("kms", config=config),
        boto3.client("secretsmanager", config=config),
        boto3.client("sqs", config=config),
    )
    names = ("TABLE_NAME", "TOKEN_KEY_ID", "CLIENT_SECRET_NAME", "REVOCATION_QUEUE_URL")
    yield Aws(*clients, *(os.environ[name] for name in names))
    for client in clients:
        client.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def services(aws: Aws, trainingpeaks: ScriptedTrainingPeaks, clock: Clock) -> Services:
    return Services(aws, httpx.WSGITransport(trainingpeaks), clock)


@pytest.fixture
def life(aws: Aws, trainingpeaks: ScriptedTrainingPeaks, clock: Clock) -> TokenLife:
    return TokenLife(aws, trainingpeaks, clock)


@pytest.fixture
def expired(life: TokenLife) -> UserId:
    """Return one whose link's access token has expired."""
    user = life.linked()
    life.outlive_tokens()
    return user


@pytest.fixture
def released(life: TokenLife) -> GrantId:
    """Return a grant that waits for the worker, and whose unlink's fence is over."""
    return unlinked_in_vain(life)


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as thread:
        yield thread


@pytest.fixture
def cold(stack: LocalStack) -> Iterator[None]:  # noqa: ARG001 -- the functions run in its environment
    """Let the functions build everything anew, as in a fresh process."""
    wiring.forget()
    yield
    wiring.forget()


@pytest.fixture
def rig(
    runner: Runner,
    new_runner: NewRunner,
    stored: StoredItems,
    trainingpeaks: ScriptedTrainingPeaks,
    aws_calls: AwsCalls,
) -> Iterator[Rig]:
    """Yield what the scenarios happen to."""
    yield Rig(runner, new_runner, stored, trainingpeaks, aws_calls)
    # What was scripted for a request that a fault prevented is no business of these tests.
    trainingpeaks.drop_script(TOKEN)


@pytest.fixture(scope="module", params=["moto", "dynamodb-local"])
def table(request: pytest.FixtureRequest, stack: LocalStack, dynamodb_local_url: str) -> Iterator[Table]:
    """Yield a table on each engine in turn, made from the template."""
    client = boto3.client("dynamodb", endpoint_url=stack.aws_url if request.param == "moto" else dynamodb_local_url)
    name = f"contract-{uuid.uuid4()}"
    create_table(client, name)
    yield Table(client, name)
    client.delete_table(TableName=name)
    client.close()


@pytest.fixture
def accounts(table: Table) -> AccountTable:
    return AccountTable(table)


@pytest.fixture
def grants(table: Table, aws: Aws) -> GrantStore:
    return GrantStore(table, RevocationQueue(aws.sqs, aws.queue_url))


@pytest.fixture
def walk(accounts: AccountTable, grants: GrantStore) -> Walk:
    return Walk(accounts, grants)


@pytest.fixture
def user() -> UserId:
    return UserId(f"user-{next(_numbers)}")
