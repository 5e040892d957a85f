"""The conditions on sealed tokens and on fences hold on both engines, moto's and Amazon's own."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from account_link import items
from account_link.claim_store import AthleteHeldError, ClaimStore
from account_link.grant_store import GrantMovedError, GrantStore
from account_link.models import FENCE, LEASE, Lease, SealedTokens, StoredGrant, UserId
from account_link.table import Table
from tests.integration.aws_calls import AwsCalls
from tests.integration.aws_faults import answer_lost
from tests.integration.made_up import MILLISECOND, NOW, OWNER, SOMEBODY_ELSE, a_grant, numbers
from tests.integration.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable

ROTATED = SealedTokens(b"rotated tokens"), NOW + timedelta(minutes=10)
A_SECOND = timedelta(seconds=1)


@pytest.fixture
def grant(walk: Walk, user: UserId) -> StoredGrant:
    return walk.put(user, a_grant(next(numbers)))


@pytest.fixture
def leased(grants: GrantStore, grant: StoredGrant) -> StoredGrant:
    return grants.lease(grant, OWNER, NOW, released=False)


@pytest.fixture
def claims(table: Table) -> ClaimStore:
    return ClaimStore(table)


def test_a_grant_is_read_as_it_was_put(grants: GrantStore, user: UserId) -> None:
    made = a_grant(next(numbers))
    sealed = SealedTokens(b"\0sealed")
    grants.put(user, made, sealed, released_at=NOW + A_SECOND)

    assert grants.read(made.id) == StoredGrant(
        made.id, user, made.athlete.id, sealed, made.expires_at, made.asked_at, released_at=NOW + A_SECOND
    )
    assert grants.read(a_grant(1).id) is None


def test_a_lease_is_taken_by_one(grants: GrantStore, grant: StoredGrant, leased: StoredGrant) -> None:
    with pytest.raises(GrantMovedError) as refused:
        grants.lease(grant, SOMEBODY_ELSE, NOW + LEASE - MILLISECOND, released=False)

    assert leased == replace(grant, lease=Lease(OWNER, NOW + LEASE))
    assert refused.value.current == leased == grants.read(grant.id)


def test_a_lease_past_its_deadline_is_taken_over(grants: GrantStore, grant: StoredGrant, leased: StoredGrant) -> None:
    taken = grants.lease(grant, SOMEBODY_ELSE, NOW + LEASE, released=False)

    assert taken.lease == Lease(SOMEBODY_ELSE, NOW + LEASE + LEASE)
    with pytest.raises(GrantMovedError):
        grants.rotate(leased, OWNER, ROTATED, keep_lease=False)
    assert grants.read(grant.id) == taken


def test_a_lease_is_ended_by_its_owner_only(grants: GrantStore, grant: StoredGrant, leased: StoredGrant) -> None:
    grants.end_lease(leased, SOMEBODY_ELSE)
    assert grants.read(grant.id) == leased
    grants.end_lease(leased, OWNER)

    assert grants.read(grant.id) == grant
    assert grants.lease(grant, SOMEBODY_ELSE, NOW, released=False).lease


def test_a_lease_is_not_taken_on_tokens_that_were_rotated(
    grants: GrantStore, grant: StoredGrant, leased: StoredGrant
) -> None:
    rotated = grants.rotate(leased, OWNER, ROTATED, keep_lease=False)

    with pytest.raises(GrantMovedError) as refused:
        grants.lease(grant, SOMEBODY_ELSE, NOW, released=False)
    assert refused.value.current == rotated == grants.read(grant.id)


@pytest.mark.parametrize("keep_lease", [True, False])
def test_rotating_brings_the_next_version_and_keeps_or_ends_the_lease(
    grants: GrantStore, grant: StoredGrant, leased: StoredGrant, *, keep_lease: bool
) -> None:
    sealed, expires_at = ROTATED
    rotated = grants.rotate(leased, OWNER, ROTATED, keep_lease=keep_lease)

    assert rotated == grants.read(grant.id)
    assert (rotated.sealed, rotated.expires_at, rotated.version) == (sealed, expires_at, 2)
    assert rotated.lease == (leased.lease if keep_lease else None)


def test_rotating_needs_the_lease_and_the_version(grants: GrantStore, grant: StoredGrant, leased: StoredGrant) -> None:
    for seen, owner in (
        (leased, SOMEBODY_ELSE),
        (replace(leased, version=2), OWNER),
        (replace(leased, version=0), OWNER),
    ):
        with pytest.raises(GrantMovedError) as refused:
            grants.rotate(seen, owner, ROTATED, keep_lease=True)
        assert refused.value.current == leased
    grants.end_lease(leased, OWNER)

    with pytest.raises(GrantMovedError):
        grants.rotate(leased, OWNER, ROTATED, keep_lease=True)
    assert grants.read(grant.id) == grant


def test_a_lease_whose_answer_was_lost_is_no_defeat(
    grants: GrantStore, grant: StoredGrant, aws_calls: AwsCalls
) -> None:
    with aws_calls.fault("UpdateItem", answer_lost) as lost:
        leased = grants.lease(grant, OWNER, NOW, released=False)

    assert lost.tries == 2
    assert leased == grants.read(grant.id) == replace(grant, lease=Lease(OWNER, NOW + LEASE))


@pytest.mark.parametrize("keep_lease", [True, False])
def test_a_rotation_whose_answer_was_lost_is_no_defeat(
    grants: GrantStore, leased: StoredGrant, aws_calls: AwsCalls, *, keep_lease: bool
) -> None:
    with aws_calls.fault("UpdateItem", answer_lost) as lost:
        rotated = grants.rotate(leased, OWNER, ROTATED, keep_lease=keep_lease)

    assert lost.tries == 2
    assert (rotated.version, rotated.sealed) == (2, ROTATED[0])
    assert rotated == grants.read(leased.id)


def test_rotated_tokens_are_not_destroyed_with_the_older_ones(
    grants: GrantStore, grant: StoredGrant, leased: StoredGrant
) -> None:
    rotated = grants.rotate(leased, OWNER, ROTATED, keep_lease=False)

    with pytest.raises(GrantMovedError) as refused:
        grants.destroy(grant)
    assert refused.value.current == rotated == grants.read(grant.id)
    grants.destroy(rotated)
    assert grants.read(grant.id) is None
    grants.destroy(rotated)


def test_a_released_grant_is_leased_as_such_only(grants: GrantStore, grant: StoredGrant) -> None:
    grants.release(grant, NOW)

    with pytest.raises(GrantMovedError) as refused:
        grants.lease(grant, OWNER, NOW, released=False)
    assert refused.value.current == replace(grant, released_at=NOW)
    assert grants.lease(grant, OWNER, NOW, released=True).lease


def test_a_grant_that_is_not_released_is_not_leased_as_such(grants: GrantStore, grant: StoredGrant) -> None:
    with pytest.raises(GrantMovedError):
        grants.lease(grant, OWNER, NOW, released=True)
    assert grants.read(grant.id) == grant


def test_released_again_it_keeps_its_first_time(grants: GrantStore, grant: StoredGrant) -> None:
    """After 7 days from then it is given up."""
    grants.release(grant, NOW)
    grants.release(grant, NOW + A_SECOND)

    assert grants.read(grant.id) == replace(grant, released_at=NOW)


def test_a_reclaimed_grant_can_be_used_again_and_stays(
    grants: GrantStore, grant: StoredGrant, leased: StoredGrant, table: Table
) -> None:
    grants.release(grant, NOW)
    grants.reclaim(grant)

    assert grants.read(grant.id) == leased
    assert "ttl" not in (table.get(items.grant_key(grant.id)) or {})
    assert grants.lease(grant, OWNER, NOW, released=False).released_at is None


@pytest.mark.parametrize("change", ["release", "reclaim", "lease", "rotate"])
def test_a_grant_that_is_gone_is_not_brought_back(grants: GrantStore, leased: StoredGrant, change: str) -> None:
    grants.destroy(leased)
    changes: dict[str, Callable[[], object]] = {
        "release": lambda: grants.release(leased, NOW),
        "reclaim": lambda: grants.reclaim(leased),
        "lease": lambda: grants.lease(leased, OWNER, NOW, released=False),
        "rotate": lambda: grants.rotate(leased, OWNER, ROTATED, keep_lease=True),
    }

    with pytest.raises(GrantMovedError) as refused:
        changes[change]()
    assert refused.value.current is None
    grants.end_lease(leased, OWNER)
    assert grants.read(leased.id) is None


def _claim(table: Table, athlete_id: int) -> dict[str, object]:
    return dict(table.get(items.claim_key(athlete_id)) or {})


def _fence(table: Table, athlete_id: int) -> object:
    return _claim(table, athlete_id)["fence"]


def test_no_fence_is_put_up_while_somebody_holds_the_athlete(
    claims: ClaimStore, walk: Walk, table: Table, user: UserId, grant: StoredGrant
) -> None:
    athlete_id = grant.athlete_id
    walk.linked(user, a_grant(athlete_id))
    before = _claim(table, athlete_id)

    with pytest.raises(AthleteHeldError):
        claims.fence(grant, OWNER, NOW)
    claims.lower_fence(grant, OWNER, NOW)
    assert _claim(table, athlete_id) == before


def test_a_fence_is_lowered_by_its_owner_only(claims: ClaimStore, table: Table, grant: StoredGrant) -> None:
    athlete_id = grant.athlete_id
    claims.fence(grant, OWNER, NOW)
    assert _fence(table, athlete_id) == items.milliseconds(NOW + FENCE)
    claims.lower_fence(grant, SOMEBODY_ELSE, NOW + A_SECOND)
    assert _fence(table, athlete_id) == items.milliseconds(NOW + FENCE)
    claims.lower_fence(grant, OWNER, NOW + A_SECOND)

    assert _fence(table, athlete_id) == items.milliseconds(NOW + A_SECOND)


def test_a_fence_is_not_lowered_while_another_call_may_be_under_way(
    claims: ClaimStore, table: Table, grant: StoredGrant
) -> None:
    """The first one's answer was not definite; the second one's says nothing about it."""
    athlete_id, second = grant.athlete_id, NOW + A_SECOND
    claims.fence(grant, SOMEBODY_ELSE, NOW)
    claims.fence(grant, OWNER, second)
    claims.lower_fence(grant, OWNER, NOW + FENCE - MILLISECOND)
    assert _fence(table, athlete_id) == items.milliseconds(second + FENCE)
    claims.lower_fence(grant, OWNER, NOW + FENCE)

    assert _fence(table, athlete_id) == items.milliseconds(NOW + FENCE)


def test_a_fence_after_a_lowered_one_is_lowered_too(claims: ClaimStore, table: Table, grant: StoredGrant) -> None:
    athlete_id, second = grant.athlete_id, NOW + A_SECOND
    claims.fence(grant, SOMEBODY_ELSE, NOW)
    claims.lower_fence(grant, SOMEBODY_ELSE, second)
    claims.fence(grant, OWNER, second)
    claims.lower_fence(grant, OWNER, second + MILLISECOND)

    assert _fence(table, athlete_id) == items.milliseconds(second + MILLISECOND)


def test_lowering_puts_no_fence_up(claims: ClaimStore, table: Table, grant: StoredGrant) -> None:
    athlete_id = grant.athlete_id
    claims.lower_fence(grant, OWNER, NOW)

    assert not _claim(table, athlete_id)


def test_a_fence_whose_answer_was_lost_and_asked_for_again_is_no_other_ones(
    claims: ClaimStore, table: Table, grant: StoredGrant
) -> None:
    claims.fence(grant, OWNER, NOW)
    claims.fence(grant, OWNER, NOW)
    claims.lower_fence(grant, OWNER, NOW + A_SECOND)

    assert _fence(table, grant.athlete_id) == items.milliseconds(NOW + A_SECOND)


def test_an_invocation_puts_up_a_fence_anew_that_it_has_lowered(
    claims: ClaimStore, table: Table, grant: StoredGrant
) -> None:
    claims.fence(grant, OWNER, NOW)
    claims.lower_fence(grant, OWNER, NOW)
    claims.fence(grant, OWNER, NOW + A_SECOND)

    assert _fence(table, grant.athlete_id) == items.milliseconds(NOW + A_SECOND + FENCE)
