"""Refresher: renews a grant's tokens, one invocation at a time, and loses none of them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from account_link.account_table import RefusedError
from account_link.deadline import Deadline
from account_link.errors import (
    ClientRefusedError,
    InvalidGrantError,
    NotLinkedError,
    ReauthorizationRequiredError,
    TrainingPeaksDownError,
    TrainingPeaksUnavailableError,
    TryAgainError,
)
from account_link.grant_store import GrantMovedError
from account_link.models import (
    Account,
    Connection,
    InvocationId,
    StoredGrant,
    TokenSet,
    UserId,
)
from account_link.rotation import REFRESH_SECONDS, STORE_SECONDS, TRIES, Held, Rotation, Timing
from account_link.table import TransactionConflictError
from account_link.telemetry import count
from account_link.token_cipher import SealBrokenError

if TYPE_CHECKING:
    from account_link.grant_store import GrantStore
    from account_link.link_store import LinkStore
    from account_link.token_cipher import TokenCipher
    from account_link.trainingpeaks import TrainingPeaksClient

LOOKS = 30
"""How often to look for somebody else's refresh, which takes less than a second as a rule."""


class Refresher:
    """Every method may raise TryAgainError."""

    def __init__(
        self,
        links: "LinkStore",
        grants: "GrantStore",
        cipher: "TokenCipher",
        trainingpeaks: "TrainingPeaksClient",
        timing: Timing,
    ) -> None:
        self._links = links
        self._grants = grants
        self._cipher = cipher
        self._trainingpeaks = trainingpeaks
        self._timing = timing
        self._rotation = Rotation(links, grants, timing)

    def read(self, user: UserId, by: InvocationId) -> Held:
        """Return the user's active link; raise NotLinkedError or ReauthorizationRequiredError."""
        for _ in range(TRIES):
            account = self._links.read(user)
            if account.link is None:
                raise NotLinkedError
            if account.link.connection is not Connection.ACTIVE:
                raise ReauthorizationRequiredError
            grant = self._grants.read(account.link.grant.id)
            if grant and grant.released_at is None:
                return Held(account, grant, by)
        raise TryAgainError

    def opened(self, held: Held) -> TokenSet:
        """Return the tokens."""
        grant = held.grant
        return held.tokens or self._cipher.open(grant.sealed, grant.user, grant.id)

    def refresh(self, held: Held, deadline: Deadline) -> Held:
        """Return the link with newer tokens than these: our own refresh's, or somebody else's.

        Raises NotLinkedError, ReauthorizationRequiredError where TrainingPeaks ended the grant,
        TrainingPeaksDownError, and TryAgainError behind a lease whose owner does not finish, or where
        too little time is left to keep what a refresh would bring.
        """
        current: StoredGrant | None = held.grant
        for _ in range(LOOKS):
            if current is None or current.released_at is not None:
                return self._gone(held)
            if current.version > held.grant.version:
                return replace(held, grant=current, tokens=None)
            if not current.is_leased(self._timing.now()):
                leased = self._lease(held)
                if leased:
                    return self._renew(replace(held, grant=leased), deadline)
            self._timing.rest()
            current = self._grants.read(held.grant.id)
        raise TryAgainError(_remaining(current, self._timing.now()))

    def _lease(self, held: Held) -> StoredGrant | None:
        try:
            return self._grants.lease(held.grant, held.by, self._timing.now(), released=False)
        except GrantMovedError:
            return None

    def _renew(self, held: Held, deadline: Deadline) -> Held:
        grant = held.grant
        try:
            key, tokens = self._cipher.data_key(grant.user, grant.id), self.opened(held)
            fresh = self._trainingpeaks.refresh(tokens, self._timing.now(), _time_for_it(deadline))
        except InvalidGrantError:
            return self._ended(held)
        except TrainingPeaksUnavailableError as exc:
            self._grants.end_lease(grant, held.by)
            raise TrainingPeaksDownError(exc.retry_after) from exc
        except ClientRefusedError as exc:
            count("ClientRefused")
            self._grants.end_lease(grant, held.by)
            raise TrainingPeaksDownError from exc
        except (TryAgainError, SealBrokenError):
            self._grants.end_lease(grant, held.by)
            raise
        return self._rotation.keep(held, key, fresh) or self._gone(held)

    def _ended(self, held: Held) -> Held:
        """Mark the link, but only if nobody refreshed or unlinked since the refused refresh."""
        for _ in range(TRIES):
            account = self._links.read(held.account.user)
            grant = self._grants.read(held.grant.id)
            if grant is None or not _is_in_use(account, grant):
                return self._gone(held)
            if grant.version > held.grant.version:
                self._grants.end_lease(grant, held.by)
                return replace(held, account=account, grant=grant, tokens=None)
            try:
                self._links.require_reauthorization(account, grant, held.by, self._timing.now())
            except (RefusedError, TransactionConflictError):
                continue
            count("ReauthorizationRequired")
            raise ReauthorizationRequiredError
        self._grants.end_lease(held.grant, held.by)
        raise TryAgainError

    def _gone(self, held: Held) -> Held:
        """Say what became of a link whose grant was taken away: unlinked, ended, or linked anew."""
        self._grants.end_lease(held.grant, held.by)
        return self.read(held.account.user, held.by)


def _time_for_it(deadline: Deadline) -> Deadline:
    """Return a refresh's own deadline; raise TryAgainError where what it brings might not be stored in time."""
    call = deadline.earlier(reserve=STORE_SECONDS, at_most=deadline.left())
    if call.left() < REFRESH_SECONDS:
        raise TryAgainError
    return call


def _is_in_use(account: Account, grant: StoredGrant) -> bool:
    link = account.link
    active = link is not None and link.connection is Connection.ACTIVE
    return link is not None and active and link.grant.id == grant.id


def _remaining(grant: StoredGrant | None, now: datetime) -> timedelta:
    until = grant.lease.until if grant and grant.lease else now
    return max(until - now, timedelta(seconds=1))
