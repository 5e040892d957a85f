"""Builds what each function needs, once per process, at its first use.

Imports stand where they are used: `status` must not pay for httpx, pydantic and cryptography.
"""
# ruff: noqa: PLC0415

import gc
import os
from collections.abc import Callable
from functools import wraps
from threading import RLock
from typing import TYPE_CHECKING, Any, cast

from account_link.models import utc_now
from account_link.settings import KeySettings, LinkSettings, TrainingPeaksSettings, required

if TYPE_CHECKING:
    from botocore.config import Config

    from account_link.account_table import AccountTable
    from account_link.callback import CallbackService
    from account_link.confirm import ConfirmService
    from account_link.grant_store import GrantStore
    from account_link.link import LinkService
    from account_link.models import Clock
    from account_link.revocation import Revocation
    from account_link.revocation_queue import RevocationQueue
    from account_link.revoke import RevokeService
    from account_link.start import StartService
    from account_link.state_seal import StateSeal
    from account_link.table import Table
    from account_link.token_cipher import TokenCipher
    from account_link.token_use import TokenUse
    from account_link.trainingpeaks import TrainingPeaksClient
    from account_link.unlink import UnlinkService

CONNECT_SECONDS = 1
READ_SECONDS = 2
AWS_TRIES = 2

_built: dict[str, Any] = {}
_building = RLock()


def once[T](build: Callable[[], T]) -> Callable[[], T]:
    """Build at the first call, also when threads call at the same time (the local server's)."""

    @wraps(build)
    def built() -> T:
        with _building:
            if build.__name__ not in _built:
                _built[build.__name__] = build()
            return cast("T", _built[build.__name__])

    return built


def forget() -> None:
    """Drop all that was built, for a process whose environment changes: the local server's."""
    with _building:
        _built.clear()


def initialise(*builds: Callable[[], object]) -> None:
    """Build now where Lambda initialises the function: that CPU is quick, and a snapshot keeps what was built.

    All of it stays, so that the garbage collector need not look at it, neither meanwhile nor with each request.
    Anywhere else the environment may not be there yet.
    """
    if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
        gc.disable()
        for build in builds:
            build()
        gc.freeze()
        gc.enable()


def provide(**parts: object) -> None:
    """Bring parts of one's own, by the name of what builds them: a clock, TrainingPeaks' client."""
    with _building:
        _built.update(parts)


@once
def clock() -> "Clock":
    """Return the clock that every service reads."""
    return utc_now


@once
def rest() -> Callable[[], None]:
    """Return how a service waits for somebody else's refresh."""
    from account_link.rotation import pause

    return pause


@once
def link_settings() -> LinkSettings:
    """Return what the environment says about return URLs and TrainingPeaks' pages."""
    return LinkSettings.from_env()


@once
def start_service() -> "StartService":
    """Return what `POST /auth` needs."""
    from account_link.attempt_store import AttemptStore
    from account_link.start import StartService

    return StartService(AttemptStore(_accounts()), _seal(), link_settings(), clock())


@once
def callback_service() -> "CallbackService":
    """Return what `GET /callback` needs."""
    from account_link.callback import CallbackService
    from account_link.exchange import Exchange
    from account_link.redemption_store import RedemptionStore

    redemptions = RedemptionStore(_accounts())
    exchange = Exchange(redemptions, _grants(), _cipher(), trainingpeaks(), clock())
    return CallbackService(_accounts(), redemptions, _seal(), exchange, clock())


@once
def confirm_service() -> "ConfirmService":
    """Return what `POST /link` needs."""
    from account_link.confirm import ConfirmService
    from account_link.confirmation_store import ConfirmationStore

    return ConfirmService(_accounts(), ConfirmationStore(_accounts()), clock())


@once
def link_service() -> "LinkService":
    """Return what `GET /status` and `PUT /auto-upload` need."""
    from account_link.link import LinkService
    from account_link.link_store import LinkStore

    return LinkService(_accounts(), LinkStore(_accounts()))


@once
def unlink_service() -> "UnlinkService":
    """Return what `DELETE /link` needs."""
    from account_link.link_store import LinkStore
    from account_link.unlink import UnlinkService

    return UnlinkService(_accounts(), LinkStore(_accounts()), _grants(), _revocation(), clock())


@once
def revoke_service() -> "RevokeService":
    """Return what the revocation worker needs."""
    from account_link.revoke import RevokeService

    return RevokeService(_accounts(), _grants(), _revocation(), clock())


@once
def token_use() -> "TokenUse":
    """Return what a function needs that calls TrainingPeaks for a user."""
    from account_link.link_store import LinkStore
    from account_link.refresh import Refresher
    from account_link.rotation import Timing
    from account_link.token_use import TokenUse

    links = LinkStore(_accounts())
    refresher = Refresher(links, _grants(), _cipher(), trainingpeaks(), Timing(clock(), rest()))
    return TokenUse(refresher, clock())


@once
def revocation_queue() -> "RevocationQueue":
    """Return the queue of the revocation worker."""
    import boto3

    from account_link.revocation_queue import RevocationQueue

    return RevocationQueue(boto3.client("sqs", config=aws_config()), required("REVOCATION_QUEUE_URL"))


@once
def _revocation() -> "Revocation":
    from account_link.claim_store import ClaimStore
    from account_link.revocation import Revocation

    return Revocation(_grants(), ClaimStore(_table()), _cipher(), trainingpeaks(), clock())


@once
def _table() -> "Table":
    import boto3

    from account_link.table import Table

    return Table(boto3.client("dynamodb", config=aws_config()), required("TABLE_NAME"))


@once
def _accounts() -> "AccountTable":
    from account_link.account_table import AccountTable

    return AccountTable(_table())


@once
def _grants() -> "GrantStore":
    from account_link.grant_store import GrantStore

    return GrantStore(_table(), revocation_queue())


@once
def _seal() -> "StateSeal":
    from account_link.state_seal import StateSeal

    return StateSeal(KeySettings.from_env().state_key)


@once
def _cipher() -> "TokenCipher":
    import boto3

    from account_link.token_cipher import TokenCipher

    return TokenCipher(boto3.client("kms", config=aws_config()), required("TOKEN_KEY_ID"))


@once
def trainingpeaks() -> "TrainingPeaksClient":
    """Return the client of TrainingPeaks."""
    import boto3

    from account_link.client_secret import ClientSecret
    from account_link.trainingpeaks import Credentials, TrainingPeaksClient, http_client

    settings = TrainingPeaksSettings.from_env()
    secret = ClientSecret(boto3.client("secretsmanager", config=aws_config()), settings.secret_name)
    return TrainingPeaksClient(
        http_client(),
        oauth_url=settings.oauth_url,
        api_url=settings.api_url,
        credentials=Credentials(settings.client_id, secret),
    )


def aws_config() -> "Config":
    """Time-outs that leave room for every call of the longest function."""
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": AWS_TRIES},
    )
