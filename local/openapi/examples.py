"""Examples of what the API answers: made-up values, in the real documents."""

from datetime import UTC, datetime, timedelta
from typing import Any

from account_link import documents
from account_link.authorization import SCOPES, authorization_url
from account_link.models import (
    ATTEMPT_LIFETIME,
    Account,
    Athlete,
    Attempt,
    AttemptId,
    AttemptStatus,
    Connection,
    Grant,
    GrantId,
    Link,
    SealedState,
    State,
    UserId,
)
from account_link.start import Started

type Examples = dict[str, dict[str, Any]]

NOW = datetime(2026, 1, 31, 17, 59, 59, tzinfo=UTC)
USER = UserId("runner-1")
ATTEMPT = AttemptId("example-attempt")
CALLBACK = "https://api.kinni.example/v1/trainingpeaks/callback"
RETURN_URL = "kinni://connected-apps/trainingpeaks"
OAUTH_URL = "https://oauth.sandbox.trainingpeaks.com"
STATE = State("example-locator.example-secret")

START_BODY: Examples = {"return_url": {"value": {"return_url": RETURN_URL}}}
CONFIRM_BODY: Examples = {"confirm": {"value": {"attempt_id": ATTEMPT, "confirmation_code": "example-code"}}}
AUTO_UPLOAD_BODY: Examples = {"off": {"value": {"enabled": False}}}
AUTO_UPLOAD: Examples = {"off": {"value": {"auto_upload": False}}}


def created() -> Examples:
    """Return what a new attempt looks like."""
    return {"created": {"value": documents.start_document(_started(AttemptStatus.PENDING, created=True))}}


def repeated() -> Examples:
    """Return what an attempt looks like that was there before."""
    started = {
        "joined": _started(AttemptStatus.PENDING),
        "authorized": _started(AttemptStatus.AUTHORIZED),
        "expired": _started(AttemptStatus.EXPIRED),
    }
    return {name: {"value": documents.start_document(value)} for name, value in started.items()}


def linked() -> Examples:
    """Return what a runner sees who has just linked."""
    return {"linked": {"value": documents.status_document(_linked_account(Connection.ACTIVE), NOW)}}


def statuses() -> Examples:
    """Return what a runner can see."""
    accounts = {
        "not_linked": Account(USER),
        "linking": Account(USER, attempt=_attempt(AttemptStatus.PENDING)),
        "reauthorization_required": _linked_account(Connection.REAUTHORIZATION_REQUIRED),
    }
    return linked() | {name: {"value": documents.status_document(value, NOW)} for name, value in accounts.items()}


def _started(status: AttemptStatus, *, created: bool = False) -> Started:
    pending = status is AttemptStatus.PENDING
    url = authorization_url(OAUTH_URL, "kinni", CALLBACK, STATE) if pending else None
    return Started(ATTEMPT, status, url, NOW + ATTEMPT_LIFETIME, created)


def _attempt(status: AttemptStatus) -> Attempt:
    return Attempt(ATTEMPT, status, RETURN_URL, CALLBACK, NOW + ATTEMPT_LIFETIME, b"", SealedState(b""))


def _linked_account(connection: Connection) -> Account:
    expires_at = NOW + timedelta(minutes=10)
    grant = Grant(GrantId("example-grant"), Athlete(123456, "Robin", "Vale"), SCOPES, expires_at, NOW)
    link = Link(grant, connection, NOW)
    return Account(USER, attempt=_attempt(AttemptStatus.LINKED), link=link, auto_upload=True)
