"""ConfirmationStore: the one transaction that makes a link, and what refuses it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from account_link import items
from account_link.account_table import AccountTable, RefusedError, same_generation
from account_link.attribute_values import Item
from account_link.models import (
    WRONG_CODES_ALLOWED,
    Account,
    Attempt,
    AttemptStatus,
    Connection,
    Grant,
    GrantId,
    InvocationId,
    Link,
    Outcome,
    UserId,
)
from account_link.table import TransactionRefusedError, Write

CLAIM = 1
"""The place of the claim's write in the transaction."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds an athlete at the moment, and by which grant."""

    user: UserId
    grant_id: GrantId


class ClaimHeldError(Exception):
    """Another user holds the athlete; `holder` says who."""

    def __init__(self, holder: Holder) -> None:
        super().__init__("another user holds the athlete")
        self.holder = holder


class GrantOutdatedError(Exception):
    """The athlete was linked or revoked after this grant was asked for."""


class ConfirmationStore:
    """What `POST /link` writes. Every method may raise TryAgainError."""

    def __init__(self, accounts: AccountTable) -> None:
        self._accounts = accounts

    def confirm(self, seen: Account, link: Link, now: datetime, *, former: Holder | None) -> None:
        """Turn the authorised attempt of the account into the link, in one transaction.

        `former` is the other user whose claim was seen and who loses the athlete. Raises
        RefusedError where the account has moved on, ClaimHeldError where another user holds
        the athlete, GrantOutdatedError where the athlete was linked or revoked meanwhile.
        """
        writes = [
            _linked_account(seen, link, now),
            _claimed(seen.user, link.grant, former),
            _kept_tokens(link.grant.id),
            *_superseded(seen, link),
            *_dispossessed(former),
        ]
        try:
            self._accounts.table.transact(writes)
        except TransactionRefusedError as exc:
            raise _confirm_refusal(exc, seen, link, former) from exc

    def count_wrong_code(self, user: UserId, attempt: Attempt, by: InvocationId) -> None:
        """Count one wrong confirmation code; nothing to count where the attempt has moved on."""
        try:
            self._accounts.change(
                user,
                update="SET #attempt.#wrong_codes = #attempt.#wrong_codes + :one, #attempt.#wrong_by = :by",
                condition="#attempt.#id = :id AND #attempt.#status = :authorized"
                " AND (attribute_not_exists(#attempt.#wrong_by) OR #attempt.#wrong_by <> :by)",
                values={
                    ":id": attempt.id,
                    ":authorized": AttemptStatus.AUTHORIZED.value,
                    ":one": 1,
                    ":by": by,
                },
            )
        except RefusedError:
            return

    def refuse_authorized(self, user: UserId, attempt: Attempt, outcome: Outcome) -> None:
        """End an authorised attempt whose grant may not become the link any more."""
        try:
            self._accounts.change(
                user,
                update="SET #attempt.#status = :failed, #attempt.#outcome = :outcome REMOVE #attempt.#grant",
                condition="#attempt.#id = :id AND #attempt.#status = :authorized",
                values={
                    ":id": attempt.id,
                    ":authorized": AttemptStatus.AUTHORIZED.value,
                    ":failed": AttemptStatus.FAILED.value,
                    ":outcome": outcome.value,
                },
            )
        except RefusedError:
            return


def _linked_account(seen: Account, link: Link, now: datetime) -> Write:
    unchanged, generation = same_generation(seen)
    same_athlete = seen.link and seen.link.grant.athlete.id == link.grant.athlete.id
    checkbox = {} if same_athlete else {":on": True}
    return Write(
        key=items.account_key(seen.user),
        update="SET #link = :link, #attempt.#status = :linked, #generation = :next"
        + (", #auto_upload = :on" if checkbox else ""),
        condition="#attempt.#id = :id AND #attempt.#status = :authorized"
        " AND #attempt.#expires_at > :now AND #attempt.#wrong_codes < :wrong_codes"
        f" AND {unchanged}",
        values={
            ":link": items.store(link),
            ":linked": AttemptStatus.LINKED.value,
            ":next": seen.generation + 1,
            ":id": _attempt(seen).id,
            ":authorized": AttemptStatus.AUTHORIZED.value,
            ":now": items.milliseconds(now),
            ":wrong_codes": WRONG_CODES_ALLOWED,
        }
        | generation
        | checkbox,
    )


def _claimed(user: UserId, grant: Grant, former: Holder | None) -> Write:
    holder = "#holder = :user"
    values: dict[str, Any] = {
        ":user": user,
        ":grant_id": grant.id,
        ":asked_at": items.milliseconds(grant.asked_at),
    }
    if former:
        holder = "#holder = :former AND #grant_id = :former_grant"
        values |= {":former": former.user, ":former_grant": former.grant_id}
    return Write(
        key=items.claim_key(grant.athlete.id),
        update="SET #holder = :user, #grant_id = :grant_id, #asked_at = :asked_at REMOVE #ttl",
        condition=f"(attribute_not_exists(#holder) OR ({holder}))"
        " AND (attribute_not_exists(#asked_at) OR #asked_at < :asked_at)"
        " AND (attribute_not_exists(#fence) OR #fence < :asked_at)",
        values=values,
    )


def _kept_tokens(grant_id: GrantId) -> Write:
    return Write(
        key=items.grant_key(grant_id),
        update="REMOVE #ttl",
        condition="attribute_exists(#sealed) AND attribute_not_exists(#released_at)",
    )


def _superseded(seen: Account, link: Link) -> list[Write]:
    """Destroy the user's own earlier grant; it is never deauthorised."""
    if seen.link and seen.link.grant.id != link.grant.id:
        return [Write(items.grant_key(seen.link.grant.id))]
    return []


def _dispossessed(former: Holder | None) -> list[Write]:
    if not former:
        return []
    lost = Write(
        key=items.account_key(former.user),
        update="SET #link.#connection = :lost ADD #generation :one",
        condition="#link.#grant.#id = :grant_id",
        values={
            ":lost": Connection.REAUTHORIZATION_REQUIRED.value,
            ":one": 1,
            ":grant_id": former.grant_id,
        },
    )
    return [lost, Write(items.grant_key(former.grant_id))]


def _attempt(seen: Account) -> Attempt:
    if not seen.attempt:
        raise RefusedError(seen)
    return seen.attempt


def _confirm_refusal(exc: TransactionRefusedError, seen: Account, link: Link, former: Holder | None) -> Exception:
    claim = exc.refused.get(CLAIM)
    if set(exc.refused) != {CLAIM} or claim is None:
        return RefusedError(seen)
    if _is_newer(claim, link.grant):
        return GrantOutdatedError()
    holder = Holder(claim["holder"], claim["grant_id"])
    return RefusedError(seen) if holder == former else ClaimHeldError(holder)


def _is_newer(claim: Item, grant: Grant) -> bool:
    asked_at = items.milliseconds(grant.asked_at)
    return max(int(claim.get("fence", 0)), int(claim.get("asked_at", 0))) >= asked_at
