"""One refresh at a time: many who need the same link at once, and leases whose holders died."""

from datetime import timedelta
from functools import partial

import pytest

from account_link.deadline import Deadline
from account_link.errors import AccessTokenRefusedError, TryAgainError
from account_link.models import LEASE, InvocationId, TokenSet, UserId
from account_link.rotation import REFRESH_SECONDS, STORE_SECONDS
from tests.integration.aws_calls import AwsCalls
from tests.integration.aws_faults import DiedError, died_before
from tests.integration.crowd import at_once
from tests.integration.scripted_trainingpeaks import TOKEN, new_athlete
from tests.integration.token_life import TokenLife, itself

CROWD = 20
DEAD = InvocationId("died while it held the lease")


def test_20_at_once_with_one_expired_link_refresh_once(life: TokenLife, expired: UserId) -> None:
    before = life.trainingpeaks.requests[TOKEN]

    tokens = at_once(*[partial(life.use_patiently, expired, itself)] * CROWD)

    assert life.trainingpeaks.requests[TOKEN] == before + 1
    assert set(tokens) == {life.opened(life.grant(expired).id)}
    assert life.works(tokens[0])
    assert life.grant(expired).lease is None


def test_threads_of_one_invocation_refresh_once(life: TokenLife, expired: UserId) -> None:
    before = life.trainingpeaks.requests[TOKEN]
    invocation = InvocationId("one of many threads")

    tokens = at_once(*[partial(life.use_patiently, expired, itself, invocation)] * CROWD)

    assert life.trainingpeaks.requests[TOKEN] == before + 1
    assert set(tokens) == {life.opened(life.grant(expired).id)}


def test_a_refresh_whose_tokens_could_not_be_stored_in_time_is_not_begun(life: TokenLife, expired: UserId) -> None:
    before = life.trainingpeaks.requests[TOKEN]
    too_late = Deadline(STORE_SECONDS + REFRESH_SECONDS - 0.1)

    with pytest.raises(TryAgainError):
        life.services.token_use.run(expired, itself, DEAD, too_late)

    assert life.trainingpeaks.requests[TOKEN] == before
    assert life.grant(expired).lease is None
    assert life.works(life.use(expired, itself))


def test_20_at_once_whose_token_is_refused_refresh_once(life: TokenLife) -> None:
    user = life.linked()
    refused = life.opened(life.grant(user).id)
    before = life.trainingpeaks.requests[TOKEN]

    def call(tokens: TokenSet) -> TokenSet:
        if tokens == refused:
            raise AccessTokenRefusedError
        return tokens

    tokens = at_once(*[partial(life.use_patiently, user, call)] * CROWD)

    assert life.trainingpeaks.requests[TOKEN] == before + 1
    assert set(tokens) == {life.opened(life.grant(user).id)}


def test_two_links_do_not_wait_for_each_other(life: TokenLife, expired: UserId) -> None:
    other = life.linked(athlete=new_athlete())
    life.outlive_tokens()
    life.services.grants.lease(life.grant(expired), DEAD, life.clock.now, released=False)

    assert life.use(other, itself) == life.opened(life.grant(other).id)


def test_behind_a_dead_lease_the_remaining_time_is_told(life: TokenLife, expired: UserId) -> None:
    life.services.grants.lease(life.grant(expired), DEAD, life.clock.now, released=False)
    passed = timedelta(seconds=13)
    life.clock.pass_by(passed)
    before = life.trainingpeaks.requests[TOKEN]

    with pytest.raises(TryAgainError) as raised:
        life.use(expired, itself)
    assert raised.value.retry_after == LEASE - passed
    assert life.trainingpeaks.requests[TOKEN] == before


def test_a_valid_token_is_used_behind_a_lease(life: TokenLife) -> None:
    user = life.linked()
    life.services.grants.lease(life.grant(user), DEAD, life.clock.now, released=False)

    assert life.works(life.use(user, itself))


def test_past_the_deadline_of_a_dead_lease_the_next_one_refreshes(
    life: TokenLife, expired: UserId, aws_calls: AwsCalls
) -> None:
    with aws_calls.fault("GenerateDataKey", died_before), pytest.raises(DiedError):
        life.use(expired, itself)
    life.clock.pass_by(LEASE - timedelta(milliseconds=1))
    with pytest.raises(TryAgainError):
        life.use(expired, itself)
    life.clock.pass_by(timedelta(milliseconds=1))

    tokens = life.use(expired, itself)
    assert tokens == life.opened(life.grant(expired).id)
    assert life.works(tokens)
    assert life.grant(expired).lease is None


def test_a_lease_is_given_back_by_its_owner_only(life: TokenLife, expired: UserId) -> None:
    leased = life.services.grants.lease(life.grant(expired), DEAD, life.clock.now, released=False)

    life.services.grants.end_lease(leased, InvocationId("somebody else"))
    assert life.grant(expired).lease == leased.lease
    life.services.grants.end_lease(leased, DEAD)
    assert life.grant(expired).lease is None
