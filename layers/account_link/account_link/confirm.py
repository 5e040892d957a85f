"""ConfirmService: turns the authorised attempt into the link, for the user who started it."""

from dataclasses import replace
from typing import TYPE_CHECKING

from account_link.account_table import RefusedError
from account_link.confirmation_store import ClaimHeldError, GrantOutdatedError, Holder
from account_link.errors import (
    AttemptExpiredError,
    AttemptNotAuthorizedError,
    AttemptNotFoundError,
    ConfirmationCodeWrongError,
    TryAgainError,
)
from account_link.models import (
    Account,
    Attempt,
    AttemptId,
    AttemptStatus,
    Clock,
    ConfirmationCode,
    Connection,
    InvocationId,
    Link,
    Outcome,
    UserId,
    utc_now,
)
from account_link.table import TransactionConflictError
from account_link.telemetry import count

if TYPE_CHECKING:
    from account_link.account_table import AccountTable
    from account_link.confirmation_store import ConfirmationStore

CONFIRM_TRIES = 3
"""A read and a transaction each; more than one only where something moved in between."""


class ConfirmService:
    """Only the user who started, only the newest attempt, only with the browser's code."""

    def __init__(
        self,
        accounts: "AccountTable",
        confirmations: "ConfirmationStore",
        now: Clock = utc_now,
    ) -> None:
        self._accounts = accounts
        self._confirmations = confirmations
        self._now = now

    def confirm(self, user: UserId, attempt_id: AttemptId, code: ConfirmationCode, by: InvocationId) -> Account:
        """Return the account with its link; repeating it is harmless.

        Raises AttemptNotFoundError, AttemptNotAuthorizedError, AttemptExpiredError,
        ConfirmationCodeWrongError (counted while authorised), or TryAgainError.
        """
        for _ in range(CONFIRM_TRIES):
            account = self._accounts.read(user)
            attempt = self._presented(account, attempt_id, code, by)
            if attempt.status is AttemptStatus.LINKED:
                return account
            try:
                return self._link(account, attempt)
            except (RefusedError, TransactionConflictError):
                continue
        raise TryAgainError

    def _presented(self, account: Account, attempt_id: AttemptId, code: ConfirmationCode, by: InvocationId) -> Attempt:
        """Return the attempt that this code may confirm, or did confirm already."""
        attempt = account.attempt
        if attempt is None or attempt.id != attempt_id:
            raise AttemptNotFoundError
        status = attempt.status_at(self._now())
        if status is AttemptStatus.EXPIRED:
            raise AttemptExpiredError
        if status not in {AttemptStatus.AUTHORIZED, AttemptStatus.LINKED}:
            raise AttemptNotAuthorizedError
        if attempt.redemption is None or not attempt.redemption.accepts(code):
            if status is AttemptStatus.AUTHORIZED:
                self._confirmations.count_wrong_code(account.user, attempt, by)
            raise ConfirmationCodeWrongError
        return attempt

    def _link(self, account: Account, attempt: Attempt) -> Account:
        if attempt.grant is None:
            raise AttemptNotAuthorizedError
        now = self._now()
        link = Link(attempt.grant, Connection.ACTIVE, now)
        try:
            self._take(account, link)
        except GrantOutdatedError as exc:
            self._confirmations.refuse_authorized(account.user, attempt, Outcome.TRY_AGAIN)
            raise AttemptNotAuthorizedError from exc
        again = account.link and account.link.grant.athlete.id == link.grant.athlete.id
        return replace(
            account,
            link=link,
            attempt=replace(attempt, status=AttemptStatus.LINKED),
            auto_upload=account.auto_upload if again else True,
        )

    def _take(self, account: Account, link: Link) -> None:
        """Link the athlete, and take it from the other Kinni user who holds it, if any does."""
        now = link.linked_at
        try:
            self._confirmations.confirm(account, link, now, former=None)
        except ClaimHeldError as exc:
            self._take_from(exc.holder, account, link)
            count("Linked", kind="moved")
            count("GrantDestroyed", reason="moved")
        else:
            count("Linked", kind="again" if account.link else "first")
        if account.link and account.link.connection is Connection.ACTIVE:
            count("GrantDestroyed", reason="superseded")

    def _take_from(self, holder: Holder, account: Account, link: Link) -> None:
        try:
            self._confirmations.confirm(account, link, link.linked_at, former=holder)
        except ClaimHeldError as exc:
            raise RefusedError(account) from exc
