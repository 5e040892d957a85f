"""AttemptStore: the conditional writes that start, join and repeat a connection attempt."""

from datetime import datetime
from typing import Any

from account_link import items
from account_link.account_table import AccountTable, RefusedError
from account_link.models import (
    EXCHANGE_LIMIT,
    JOIN_AUTHORIZED_FOR,
    WRONG_CODES_ALLOWED,
    Account,
    Attempt,
    AttemptStatus,
    StartKey,
    UserId,
)

REPLACEABLE = (
    "attribute_not_exists(#attempt)"
    " OR #attempt.#id = :replacing"
    " OR #attempt.#status IN (:linked, :cancelled, :failed, :expired)"
    " OR (#attempt.#status = :pending AND #attempt.#expires_at <= :now)"
    " OR (#attempt.#status = :exchanging AND #attempt.#redemption.#at <= :exchange_dead)"
    " OR (#attempt.#status = :authorized AND (#attempt.#authorized_at <= :join_over"
    " OR #attempt.#expires_at <= :now OR #attempt.#wrong_codes >= :wrong_codes))"
)
"""The same as `not Attempt.is_joinable`, said to the table; a test compares the two."""
STATUSES = {f":{status.value}": status.value for status in AttemptStatus}


class AttemptStore:
    """What `POST /auth` writes. Every method may raise TryAgainError.

    A begun attempt carries its own fresh id, so that an answer lost on the way and repeated by
    the SDK is recognised as our own and does not look like a defeat.
    """

    def __init__(self, accounts: AccountTable) -> None:
        self._accounts = accounts

    def begin(
        self,
        user: UserId,
        attempt: Attempt,
        key: StartKey,
        *,
        seen: Account | None,
        replacing: Attempt | None = None,
    ) -> Account:
        """Put a new attempt in the place of one that nobody can join; return what was before.

        Raises RefusedError where the present attempt can be joined or the key is known; `seen` is
        the account of an earlier refusal, whose forgotten keys may be written over, and `replacing`
        an attempt that could be joined but leads nowhere.
        """
        unused, known = _unused(key, seen)
        dropped = _dropped(seen.forgotten_keys(but=key.name) if seen else [])
        values = _replaceable_at(key.at) | {
            ":replacing": replacing.id if replacing else "none",
            ":attempt": items.store(attempt),
            ":key": _stored_key(key),
        }
        values |= known
        try:
            return self._accounts.change(
                user,
                returns="ALL_OLD",
                update=f"SET #attempt = :attempt, #key = :key{_removed(dropped)}",
                condition=f"({unused}) AND ({REPLACEABLE})",
                values=values,
                names={"#key": key.name} | dropped,
            )
        except RefusedError as exc:
            if exc.account.attempt and exc.account.attempt.id == attempt.id:
                return exc.account
            raise

    def join(self, seen: Account, attempt: Attempt, key: StartKey, expires_at: datetime) -> None:
        """Remember the key for this attempt and prolong the attempt; drop keys out of memory.

        Raises RefusedError where the attempt has moved on, or the key was used, since it was seen.
        """
        dropped = _dropped(seen.forgotten_keys(but=key.name))
        unused, known = _unused(key, seen)
        try:
            self._accounts.change(
                seen.user,
                update=f"SET #key = :key, #attempt.#expires_at = :expires_at{_removed(dropped)}",
                condition=f"({unused}) AND #attempt.#id = :id AND #attempt.#status = :status",
                values=known
                | {
                    ":key": _stored_key(key),
                    ":expires_at": items.milliseconds(expires_at),
                    ":id": attempt.id,
                    ":status": attempt.status.value,
                },
                names={"#key": key.name} | dropped,
            )
        except RefusedError as exc:
            if exc.account.keys.get(key.name) != key:
                raise

    def forget_keys(self, user: UserId, names: list[str]) -> None:
        """Drop keys that are out of the user's last 16."""
        dropped = _dropped(names)
        self._accounts.change(user, update=_removed(dropped).strip(), names=dropped)


def _unused(key: StartKey, seen: Account | None) -> tuple[str, dict[str, Any]]:
    """Return the condition, and its values, that nobody used the key since `seen`, where it may be forgotten."""
    known = seen.keys.get(key.name) if seen else None
    if known is None:
        return "attribute_not_exists(#key)", {}
    return "#key = :known", {":known": _stored_key(known)}


def _dropped(names: list[str]) -> dict[str, str]:
    return {f"#drop{n}": name for n, name in enumerate(names)}


def _removed(dropped: dict[str, str]) -> str:
    return f" REMOVE {', '.join(dropped)}" if dropped else ""


def _replaceable_at(now: datetime) -> dict[str, Any]:
    return STATUSES | {
        ":now": items.milliseconds(now),
        ":exchange_dead": items.milliseconds(now - EXCHANGE_LIMIT),
        ":join_over": items.milliseconds(now - JOIN_AUTHORIZED_FOR),
        ":wrong_codes": WRONG_CODES_ALLOWED,
    }


def _stored_key(key: StartKey) -> dict[str, Any]:
    stored: dict[str, Any] = items.store(key)
    return {name: part for name, part in stored.items() if name != "name"}
