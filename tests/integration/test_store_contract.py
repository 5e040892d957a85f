"""The stores' conditions hold on both engines: moto's, on which `make dev` runs, and Amazon's own."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from account_link import items
from account_link.account_table import AccountTable, RefusedError
from account_link.attempt_store import AttemptStore
from account_link.claim_store import ClaimStore, fence_owner
from account_link.confirmation_store import (
    ClaimHeldError,
    ConfirmationStore,
    GrantOutdatedError,
    Holder,
)
from account_link.link_store import LinkStore
from account_link.models import (
    FENCE,
    Account,
    Attempt,
    AttemptStatus,
    Connection,
    InvocationId,
    Link,
    Outcome,
    UserId,
)
from account_link.redemption_store import RedemptionStore
from account_link.table import Table
from tests.integration.made_up import (
    MILLISECOND,
    NOW,
    OWNER,
    SOMEBODY_ELSE,
    STATE_HASH,
    a_grant,
    a_key,
    a_redemption,
    an_attempt,
    numbers,
)
from tests.integration.walk import TOKENS, Walk, link_of

if TYPE_CHECKING:
    from collections.abc import Callable


def _put(table: Table, user: UserId, attempt: Attempt) -> None:
    table.put({"pk": items.account_key(user), "attempt": items.store(attempt)})


def test_of_two_begun_attempts_one_is_refused_and_told_the_other(accounts: AccountTable, user: UserId) -> None:
    attempts, (first, second) = AttemptStore(accounts), (an_attempt(), an_attempt())
    before = attempts.begin(user, first, a_key(first), seen=None)
    with pytest.raises(RefusedError) as refused:
        attempts.begin(user, second, a_key(second), seen=None)

    assert before == Account(user)
    assert refused.value.account.attempt == first


def test_a_begun_attempt_that_is_sent_twice_is_recognised(accounts: AccountTable, user: UserId) -> None:
    attempt = an_attempt()
    key = a_key(attempt)
    AttemptStore(accounts).begin(user, attempt, key, seen=None)

    assert AttemptStore(accounts).begin(user, attempt, key, seen=None).attempt == attempt


def test_a_join_is_refused_when_the_attempt_has_moved_on(accounts: AccountTable, user: UserId) -> None:
    attempt = an_attempt()
    AttemptStore(accounts).begin(user, attempt, a_key(attempt), seen=None)
    RedemptionStore(accounts).redeem(user, STATE_HASH, a_redemption())

    with pytest.raises(RefusedError):
        AttemptStore(accounts).join(accounts.read(user), attempt, a_key(attempt), attempt.expires_at)


def test_a_state_is_redeemed_once(accounts: AccountTable, user: UserId) -> None:
    attempt = an_attempt()
    AttemptStore(accounts).begin(user, attempt, a_key(attempt), seen=None)
    redemptions = RedemptionStore(accounts)
    redemptions.redeem(user, STATE_HASH, a_redemption())

    with pytest.raises(RefusedError):
        redemptions.redeem(user, STATE_HASH, a_redemption(SOMEBODY_ELSE))
    assert redemptions.redeem(user, STATE_HASH, a_redemption()).attempt


@pytest.mark.parametrize(("left", "redeems"), [(MILLISECOND, True), (timedelta(0), False), (-MILLISECOND, False)])
def test_a_state_is_redeemed_before_its_time_is_over(
    accounts: AccountTable, user: UserId, left: timedelta, *, redeems: bool
) -> None:
    _put(accounts.table, user, an_attempt(expires_at=NOW + left))
    try:
        account = RedemptionStore(accounts).redeem(user, STATE_HASH, a_redemption())
    except RefusedError:
        assert not redeems
    else:
        assert redeems
        assert account.attempt
        assert account.attempt.status is AttemptStatus.EXCHANGING


@pytest.mark.parametrize("state_hash", [b"", b"hash of another", STATE_HASH + b"\0"])
def test_another_state_redeems_nothing(accounts: AccountTable, user: UserId, state_hash: bytes) -> None:
    _put(accounts.table, user, an_attempt())

    with pytest.raises(RefusedError):
        RedemptionStore(accounts).redeem(user, state_hash, a_redemption())


@pytest.mark.parametrize("write", ["authorize", "fail", "reopen"])
def test_only_the_owner_ends_an_exchange(accounts: AccountTable, user: UserId, write: str) -> None:
    attempt = an_attempt(AttemptStatus.EXCHANGING, redemption=a_redemption())
    _put(accounts.table, user, attempt)
    redemptions = RedemptionStore(accounts)
    calls: dict[str, Callable[[InvocationId], object]] = {
        "authorize": lambda owner: redemptions.authorize(user, attempt, owner, a_grant(1), NOW),
        "fail": lambda owner: redemptions.fail(user, attempt, owner, Outcome.EXPIRED),
        "reopen": lambda owner: redemptions.reopen(user, attempt, owner),
    }

    with pytest.raises(RefusedError):
        calls[write](SOMEBODY_ELSE)
    assert accounts.read(user).attempt == attempt
    calls[write](OWNER)
    assert accounts.read(user).attempt != attempt


def test_a_confirmation_makes_the_link_its_claim_and_keeps_its_tokens(
    accounts: AccountTable, walk: Walk, user: UserId
) -> None:
    grant = a_grant(next(numbers))
    account = walk.linked(user, grant)

    assert account.link == Link(grant, Connection.ACTIVE, NOW)
    assert (account.generation, account.auto_upload) == (1, True)
    claim = accounts.table.get(items.claim_key(grant.athlete.id))
    assert claim
    assert (claim["holder"], claim["grant_id"]) == (user, grant.id)
    kept = accounts.table.get(items.grant_key(grant.id))
    assert kept
    assert "ttl" not in kept


def test_a_confirmation_is_refused_when_the_generation_has_changed(
    accounts: AccountTable, walk: Walk, user: UserId
) -> None:
    account = walk.parked(user, a_grant(next(numbers)))
    stale = replace(account, generation=1)

    with pytest.raises(RefusedError):
        ConfirmationStore(accounts).confirm(stale, link_of(account), NOW, former=None)
    assert accounts.read(user).link is None


def test_a_confirmation_says_who_holds_the_athlete_and_can_take_it(
    accounts: AccountTable, walk: Walk, user: UserId
) -> None:
    holder, athlete_id = UserId(f"{user}-holder"), next(numbers)
    held = a_grant(athlete_id)
    walk.linked(holder, held)
    account = walk.parked(user, a_grant(athlete_id, NOW + MILLISECOND))
    confirmations = ConfirmationStore(accounts)

    with pytest.raises(ClaimHeldError) as refused:
        confirmations.confirm(account, link_of(account), NOW, former=None)
    assert refused.value.holder == Holder(holder, held.id)
    confirmations.confirm(account, link_of(account), NOW, former=refused.value.holder)

    lost = accounts.read(holder)
    assert lost.link
    assert (lost.link.connection, lost.generation) == (Connection.REAUTHORIZATION_REQUIRED, 2)
    assert accounts.table.get(items.grant_key(held.id)) is None


@pytest.mark.parametrize("lowered", [True, False])
@pytest.mark.parametrize("later", [MILLISECOND, timedelta(0), -MILLISECOND])
def test_a_grant_must_be_newer_than_the_fence_of_the_athletes_last_unlink(
    accounts: AccountTable, walk: Walk, user: UserId, later: timedelta, *, lowered: bool
) -> None:
    athlete_id, before = next(numbers), UserId(f"{user}-before")
    held = a_grant(athlete_id, NOW - MILLISECOND)
    LinkStore(accounts).unlink(walk.linked(before, held), None, NOW, OWNER)
    if lowered:
        stored = walk.grants.read(held.id)
        assert stored
        ClaimStore(accounts.table).lower_fence(stored, OWNER, NOW)
    fence = NOW if lowered else NOW + FENCE
    account = walk.parked(user, a_grant(athlete_id, fence + later))
    links = later > timedelta(0)
    if links:
        ConfirmationStore(accounts).confirm(account, link_of(account), NOW, former=None)
    else:
        with pytest.raises(GrantOutdatedError):
            ConfirmationStore(accounts).confirm(account, link_of(account), NOW, former=None)

    assert (accounts.read(user).link is not None) == links


def test_a_grant_must_be_newer_than_the_users_own_claim(accounts: AccountTable, walk: Walk, user: UserId) -> None:
    grant = a_grant(next(numbers))
    account = walk.parked(user, grant)
    claim = {"holder": user, "grant_id": "a newer one", "asked_at": items.milliseconds(NOW + MILLISECOND)}
    accounts.table.put({"pk": items.claim_key(grant.athlete.id)} | claim)

    with pytest.raises(GrantOutdatedError):
        ConfirmationStore(accounts).confirm(account, link_of(account), NOW, former=None)


def test_a_wrong_code_is_counted_once_however_often_it_is_sent(
    accounts: AccountTable, walk: Walk, user: UserId
) -> None:
    account = walk.parked(user, a_grant(next(numbers)))
    assert account.attempt
    confirmations = ConfirmationStore(accounts)
    for by in (OWNER, OWNER, SOMEBODY_ELSE):
        confirmations.count_wrong_code(user, account.attempt, by)

    counted = accounts.read(user).attempt
    assert counted
    assert counted.wrong_codes == 2


def test_an_unlink_of_a_link_that_has_changed_is_refused(accounts: AccountTable, walk: Walk, user: UserId) -> None:
    grant = a_grant(next(numbers))
    seen, tokens = walk.linked(user, grant), walk.grants.read(grant.id)
    LinkStore(accounts).unlink(seen, tokens, NOW, OWNER)
    claim = accounts.table.get(items.claim_key(grant.athlete.id))

    with pytest.raises(RefusedError):
        LinkStore(accounts).unlink(seen, tokens, NOW + MILLISECOND, SOMEBODY_ELSE)
    assert accounts.table.get(items.claim_key(grant.athlete.id)) == claim


def test_an_unlink_fences_the_athlete_and_releases_the_tokens_for_the_worker(
    accounts: AccountTable, walk: Walk, user: UserId
) -> None:
    grant = a_grant(next(numbers))
    seen, tokens = walk.linked(user, grant), walk.grants.read(grant.id)
    assert tokens
    LinkStore(accounts).unlink(seen, tokens, NOW, OWNER)

    assert accounts.read(user).link is None
    assert walk.grants.read(grant.id) == replace(tokens, released_at=NOW)
    assert "ttl" in (accounts.table.get(items.grant_key(grant.id)) or {})
    claim = accounts.table.get(items.claim_key(grant.athlete.id)) or {}
    assert claim.keys() == {"pk", "fence", "fenced_by", "ttl"}
    assert (claim["fence"], claim["fenced_by"]) == (
        items.milliseconds(NOW + FENCE),
        fence_owner(OWNER, grant.id),
    )


def test_a_released_grant_is_not_confirmed(accounts: AccountTable, walk: Walk, user: UserId) -> None:
    grant = a_grant(next(numbers))
    account, tokens = walk.parked(user, grant), walk.grants.read(grant.id)
    assert tokens
    walk.grants.release(tokens, NOW)

    with pytest.raises(RefusedError):
        ConfirmationStore(accounts).confirm(account, link_of(account), NOW, former=None)
    assert accounts.read(user).link is None
    assert accounts.table.get(items.claim_key(grant.athlete.id)) is None


def test_a_link_that_trainingpeaks_ended_gives_up_its_athlete_and_its_tokens(
    accounts: AccountTable, walk: Walk, user: UserId
) -> None:
    grant = a_grant(next(numbers))
    seen, tokens = walk.linked(user, grant), walk.grants.read(grant.id)
    assert tokens
    leased = walk.grants.lease(tokens, OWNER, NOW, released=False)
    LinkStore(accounts).require_reauthorization(seen, leased, OWNER, NOW)

    ended = accounts.read(user)
    assert ended.link
    assert (ended.link.connection, ended.generation) == (Connection.REAUTHORIZATION_REQUIRED, 2)
    assert walk.grants.read(grant.id) is None
    claim = accounts.table.get(items.claim_key(grant.athlete.id)) or {}
    assert "holder" not in claim
    assert "ttl" in claim


@pytest.mark.parametrize("holder", [None, InvocationId("somebody-else")])
def test_a_link_is_not_ended_by_who_does_not_hold_the_lease(
    accounts: AccountTable, walk: Walk, user: UserId, holder: InvocationId | None
) -> None:
    """Whoever holds it may be about to store newer tokens."""
    grant = a_grant(next(numbers))
    seen, tokens = walk.linked(user, grant), walk.grants.read(grant.id)
    assert tokens
    if holder:
        tokens = walk.grants.lease(tokens, holder, NOW, released=False)

    with pytest.raises(RefusedError):
        LinkStore(accounts).require_reauthorization(seen, tokens, OWNER, NOW)
    assert accounts.read(user) == seen
    assert walk.grants.read(grant.id) == tokens


def test_a_link_that_was_refreshed_meanwhile_is_not_ended(accounts: AccountTable, walk: Walk, user: UserId) -> None:
    grant = a_grant(next(numbers))
    seen, tokens = walk.linked(user, grant), walk.grants.read(grant.id)
    assert tokens
    leased = walk.grants.lease(tokens, OWNER, NOW, released=False)
    rotated = walk.grants.rotate(leased, OWNER, (TOKENS, NOW), keep_lease=False)

    with pytest.raises(RefusedError):
        LinkStore(accounts).require_reauthorization(seen, tokens, OWNER, NOW)
    assert accounts.read(user) == seen
    assert walk.grants.read(grant.id) == rotated


def test_a_checkbox_without_a_link_is_refused(accounts: AccountTable, user: UserId) -> None:
    with pytest.raises(RefusedError):
        LinkStore(accounts).set_auto_upload(user, enabled=True)
    assert accounts.table.get(items.account_key(user)) is None
