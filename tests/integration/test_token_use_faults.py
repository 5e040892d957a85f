"""Trouble with our own table and key while a token is used, and links that change meanwhile."""

import pytest

from account_link.errors import (
    NotLinkedError,
    TryAgainError,
)
from account_link.refresh import LOOKS
from tests.integration.aws_calls import AwsCalls
from tests.integration.aws_faults import after as after_deciding
from tests.integration.aws_faults import answer_lost, refused, unreachable
from tests.integration.scripted_trainingpeaks import (
    TOKEN,
)
from tests.integration.token_life import (
    Calls,
    TokenLife,
    before_answering,
    itself,
    someone,
)


def _refreshes(life: TokenLife) -> int:
    return life.trainingpeaks.requests[TOKEN]


def test_a_key_that_is_out_of_reach_stops_a_refresh_before_it_is_asked_for(
    life: TokenLife, aws_calls: AwsCalls
) -> None:
    user = life.linked()
    life.outlive_tokens()
    before = _refreshes(life)

    with aws_calls.fault("GenerateDataKey", refused, nth=None), pytest.raises(TryAgainError):
        life.use(user, itself)
    assert _refreshes(life) == before
    assert life.grant(user).lease is None
    assert life.works(life.use(user, itself))


def test_a_store_that_fails_twice_does_not_lose_rotated_tokens(life: TokenLife, aws_calls: AwsCalls) -> None:
    user = life.linked()
    life.outlive_tokens()
    with (
        aws_calls.fault("UpdateItem", unreachable, nth=2),
        aws_calls.fault("UpdateItem", unreachable, nth=2),
    ):
        tokens = life.use(user, itself)

    assert life.opened(life.grant(user).id) == tokens
    assert life.works(tokens)


@pytest.mark.parametrize("nth", [1, 2, 3], ids=["lease", "rotation", "expiry"])
def test_an_answer_of_the_table_that_gets_lost_changes_nothing(life: TokenLife, aws_calls: AwsCalls, nth: int) -> None:
    user = life.linked()
    life.outlive_tokens()
    before = _refreshes(life)

    with aws_calls.fault("UpdateItem", answer_lost, nth=nth):
        tokens = life.use(user, itself)
    assert _refreshes(life) == before + 1
    assert life.opened(life.grant(user).id) == tokens
    assert life.link(user).grant.expires_at == tokens.expires_at


def test_an_expiry_that_cannot_be_shown_does_not_stop_the_call(life: TokenLife, aws_calls: AwsCalls) -> None:
    user = life.linked()
    life.outlive_tokens()

    with aws_calls.fault("UpdateItem", unreachable, nth=3):
        assert life.works(life.use(user, itself))
    assert life.grant(user).lease is None


def test_a_link_that_is_made_anew_during_the_refresh_is_used(life: TokenLife) -> None:
    user = life.linked()
    life.outlive_tokens()
    life.trainingpeaks.script(TOKEN, before_answering(lambda: life.linked(user)))

    tokens = life.use(user, itself)

    assert tokens == life.opened(life.grant(user).id)
    assert life.works(tokens)


def test_a_link_that_ends_between_two_reads_is_not_used(life: TokenLife, aws_calls: AwsCalls) -> None:
    user, calls = life.linked(), Calls(refusals=0)

    with (
        aws_calls.fault("GetItem", after_deciding(lambda: life.unlink(user)), nth=2),
        pytest.raises(NotLinkedError),
    ):
        life.use(user, calls)
    assert not calls.seen


def test_waiting_for_a_lease_ends_after_a_known_number_of_looks(life: TokenLife, aws_calls: AwsCalls) -> None:
    user = life.linked()
    life.outlive_tokens()
    life.services.grants.lease(life.grant(user), someone(), life.clock.now, released=False)

    with aws_calls.heard() as calls, pytest.raises(TryAgainError):
        life.use(user, itself)
    assert sum(call.operation == "GetItem" for call in calls) == LOOKS + 2
