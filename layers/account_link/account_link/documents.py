"""What the app gets to read: the JSON documents of `api.md`, from the values."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from account_link.models import Account, Attempt, AttemptStatus, Connection, Link, Outcome

if TYPE_CHECKING:
    from account_link.start import Started

type Document = dict[str, Any]


def start_document(started: "Started") -> Document:
    """Return the answer of `POST /auth`."""
    return {
        "attempt_id": started.attempt_id,
        "status": started.status.value,
        "authorization_url": started.authorization_url,
        "expires_at": timestamp(started.expires_at),
    }


def status_document(account: Account, now: datetime) -> Document:
    """Return the answer of `GET /status` and `POST /link`."""
    link = account.link
    return {
        "linked": link is not None,
        "connection": (link.connection if link else Connection.NONE).value,
        "athlete": _athlete(link) if link else None,
        "auto_upload": account.auto_upload,
        "token": _token(link, now) if link else None,
        "scopes": list(link.grant.scopes) if link else [],
        "linked_at": timestamp(link.linked_at) if link else None,
        "attempt": _attempt(account.attempt, now) if account.attempt else None,
    }


def timestamp(moment: datetime) -> str:
    """Return the time in UTC and whole seconds, such as 2026-01-31T17:59:59Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _athlete(link: Link) -> Document:
    athlete = link.grant.athlete
    return {
        "id": athlete.id,
        "first_name": athlete.first_name,
        "last_name": athlete.last_name,
    }


def _token(link: Link, now: datetime) -> Document | None:
    """Return the token's clock; a link that must be authorised again has no token."""
    if link.connection is not Connection.ACTIVE:
        return None
    left = int((link.grant.expires_at - now).total_seconds())
    return {
        "valid": link.grant.expires_at > now,
        "expires_at": timestamp(link.grant.expires_at),
        "expires_in_seconds": max(0, left),
    }


def _attempt(attempt: Attempt, now: datetime) -> Document:
    status = attempt.status_at(now)
    ended = status in {AttemptStatus.CANCELLED, AttemptStatus.FAILED}
    outcome = (attempt.outcome_at(now) or Outcome.TRY_AGAIN) if ended else None
    return {
        "attempt_id": attempt.id,
        "status": status.value,
        "expires_at": timestamp(attempt.expires_at),
        "error_code": outcome.value if outcome else None,
    }
