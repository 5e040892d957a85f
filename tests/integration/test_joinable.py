"""What can be joined is said twice, in Python and to the table: both say the same."""

import itertools
from collections.abc import Iterator
from datetime import timedelta

from account_link import items
from account_link.account_table import AccountTable, RefusedError
from account_link.attempt_store import AttemptStore
from account_link.models import (
    Attempt,
    AttemptStatus,
    UserId,
)
from tests.integration.made_up import MILLISECOND, NOW, a_key, a_redemption, an_attempt

AROUND = [-MILLISECOND, timedelta(0), MILLISECOND]


def _possible_attempts() -> Iterator[Attempt]:
    """Yield an attempt of every status on either side of, and at, every moment that matters to it."""
    for status in (AttemptStatus.LINKED, AttemptStatus.CANCELLED, AttemptStatus.FAILED, AttemptStatus.EXPIRED):
        yield from (an_attempt(status, expires_at=NOW + around) for around in AROUND)
    yield from (an_attempt(expires_at=NOW + around) for around in AROUND)
    for dead, expires in itertools.product(AROUND, AROUND):
        exchanging = a_redemption(at=NOW - timedelta(seconds=29) + dead)
        yield an_attempt(AttemptStatus.EXCHANGING, redemption=exchanging, expires_at=NOW + expires)
    for joined, expires, wrong in itertools.product(AROUND, AROUND, (0, 4, 5)):
        yield an_attempt(
            AttemptStatus.AUTHORIZED,
            redemption=a_redemption(),
            authorized_at=NOW - timedelta(seconds=60) + joined,
            expires_at=NOW + expires,
            wrong_codes=wrong,
        )


def test_the_table_replaces_exactly_what_cannot_be_joined(accounts: AccountTable, user: UserId) -> None:
    differing = []
    for attempt in _possible_attempts():
        accounts.table.put({"pk": items.account_key(user), "attempt": items.store(attempt)})
        fresh = an_attempt()
        try:
            AttemptStore(accounts).begin(user, fresh, a_key(fresh), seen=None)
        except RefusedError:
            replaced = False
        else:
            replaced = True
        if replaced == attempt.is_joinable(NOW):
            differing.append(attempt)

    assert not differing
