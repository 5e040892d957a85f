"""The services over real stores, built by hand: with a clock that a test turns, and a transport that it chooses."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import httpx

from account_link.account_table import AccountTable
from account_link.attempt_store import AttemptStore
from account_link.callback import CallbackService, Landing
from account_link.claim_store import ClaimStore
from account_link.client_secret import ClientSecret
from account_link.confirm import ConfirmService
from account_link.confirmation_store import ConfirmationStore
from account_link.deadline import Deadline
from account_link.exchange import Exchange
from account_link.grant_store import GrantStore
from account_link.link import LinkService
from account_link.link_store import LinkStore
from account_link.models import Account, Code, InvocationId, State, UserId
from account_link.redemption_store import RedemptionStore
from account_link.refresh import Refresher
from account_link.revocation import Revocation
from account_link.revocation_queue import RevocationQueue
from account_link.revoke import RevokeService
from account_link.rotation import Timing
from account_link.settings import LinkSettings
from account_link.start import Started, StartRequest, StartService
from account_link.state_seal import StateSeal
from account_link.table import Table
from account_link.token_cipher import TokenCipher
from account_link.token_use import TokenUse
from account_link.trainingpeaks import Credentials, TrainingPeaksClient, http_client
from account_link.unlink import UnlinkService
from tests.integration.scripted_trainingpeaks import ScriptedTrainingPeaks

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from local.trainingpeaks.athletes import Athlete

RETURN_URLS = ("https://kinni.example/connected", "http://127.0.0.1:3000/", "kinni://connected-apps/trainingpeaks")
ORIGIN = "http://trainingpeaks.test"
CLIENT_ID = "kinni-test"


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: datetime = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, duration: timedelta) -> None:
        self.now += duration


@dataclass(frozen=True, slots=True)
class Aws:
    """Clients, and what they work on."""

    dynamodb: "DynamoDBClient"
    kms: "KMSClient"
    secretsmanager: "SecretsManagerClient"
    sqs: "SQSClient"
    table_name: str
    key_id: str
    secret_name: str
    queue_url: str


class Services:
    """One of each, sharing a clock."""

    def __init__(self, aws: Aws, transport: httpx.BaseTransport, clock: Clock) -> None:
        table = Table(aws.dynamodb, aws.table_name)
        cipher = TokenCipher(aws.kms, aws.key_id)
        secret = ClientSecret(aws.secretsmanager, aws.secret_name)
        client = TrainingPeaksClient(
            http_client(transport), oauth_url=ORIGIN, api_url=ORIGIN, credentials=Credentials(CLIENT_ID, secret)
        )
        seal = StateSeal("the key that seals the states of these tests")
        settings = LinkSettings(CLIENT_ID, ORIGIN, RETURN_URLS, "")
        self.clock = clock
        self.table = table
        self.accounts = AccountTable(table)
        self.queue = RevocationQueue(aws.sqs, aws.queue_url)
        self.grants = GrantStore(table, self.queue)
        self.claims = ClaimStore(table)
        self.attempts = AttemptStore(self.accounts)
        self.redemptions = RedemptionStore(self.accounts)
        self.confirmations = ConfirmationStore(self.accounts)
        self.links = LinkStore(self.accounts)
        exchange = Exchange(self.redemptions, self.grants, cipher, client, clock)
        revocation = Revocation(self.grants, self.claims, cipher, client, clock)
        self.start = StartService(self.attempts, seal, settings, clock)
        self.callback = CallbackService(self.accounts, self.redemptions, seal, exchange, clock)
        self.confirm = ConfirmService(self.accounts, self.confirmations, clock)
        self.link = LinkService(self.accounts, self.links)
        self.unlink = UnlinkService(self.accounts, self.links, self.grants, revocation, clock)
        self.revoke = RevokeService(self.accounts, self.grants, revocation, clock)
        refresher = Refresher(self.links, self.grants, cipher, client, Timing(clock, lambda: None))
        self.token_use = TokenUse(refresher, clock)
        self.trainingpeaks = client

    def started(self, user: UserId) -> Started:
        """Start, or join what there is, with a new key."""
        request = StartRequest(user, str(uuid.uuid4()), None, f"{ORIGIN}/v1/trainingpeaks/callback")
        return self.start.start(request)

    def come_back(self, query: str) -> Landing:
        """Follow a redirect that brings a code."""
        told = {name: values[0] for name, values in parse_qs(query).items()}
        owner = InvocationId(str(uuid.uuid4()))
        return self.callback.receive_code(State(told["state"]), Code(told["code"]), owner, Deadline(29))

    def present(self, user: UserId, landing: Landing) -> Account:
        """Confirm what a callback led to."""
        assert landing.attempt_id
        assert landing.confirmation_code
        by = InvocationId(str(uuid.uuid4()))
        return self.confirm.confirm(user, landing.attempt_id, landing.confirmation_code, by)

    def authorised(self, user: UserId, trainingpeaks: ScriptedTrainingPeaks, athlete: "Athlete") -> Landing:
        """Start, allow access and come back."""
        url = self.started(user).authorization_url
        assert url
        return self.come_back(trainingpeaks.allow(url, athlete))

    def linked(self, trainingpeaks: ScriptedTrainingPeaks, athlete: "Athlete") -> UserId:
        """Let a new user walk the whole way."""
        user = UserId(f"clocked-{uuid.uuid4()}")
        self.present(user, self.authorised(user, trainingpeaks, athlete))
        return user
