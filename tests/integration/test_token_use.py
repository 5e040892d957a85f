"""A token's use: fresh where it is needed, refreshed once, and what becomes of the link where TrainingPeaks refuses."""

from datetime import timedelta

import pytest

from account_link.errors import (
    NotLinkedError,
    TrainingPeaksDownError,
    TrainingPeaksUnavailableError,
)
from account_link.models import Connection, TokenSet
from tests.integration.scripted_trainingpeaks import (
    TOKEN,
    changed,
)
from tests.integration.token_life import (
    A_MOMENT,
    TOKENS_LIVE,
    Calls,
    TokenLife,
    a_user,
    counted,
    itself,
)

MARGIN = timedelta(seconds=60)


def _refreshes(life: TokenLife) -> int:
    return life.trainingpeaks.requests[TOKEN]


def test_a_valid_token_is_used_without_a_refresh(life: TokenLife) -> None:
    user = life.linked()
    stored = life.opened(life.grant(user).id)
    life.clock.pass_by(TOKENS_LIVE - MARGIN - A_MOMENT)
    before = _refreshes(life)

    assert life.use(user, itself) == stored
    assert _refreshes(life) == before


@pytest.mark.parametrize("left", [MARGIN, A_MOMENT, timedelta(0), -TOKENS_LIVE], ids=["60 s", "1 ms", "0 s", "-10 min"])
def test_a_token_that_expires_within_60_seconds_is_refreshed_first(life: TokenLife, left: timedelta) -> None:
    user = life.linked()
    old = life.opened(life.grant(user).id)
    life.clock.pass_by(TOKENS_LIVE - left)
    before = _refreshes(life)

    tokens = life.use(user, itself)

    assert _refreshes(life) == before + 1
    assert tokens.access_token != old.access_token
    assert tokens.expires_at == life.clock.now + TOKENS_LIVE
    assert life.works(tokens)


def test_a_refused_token_is_refreshed_and_the_call_made_again(life: TokenLife) -> None:
    user = life.linked()
    old = life.opened(life.grant(user).id)
    before, calls = _refreshes(life), Calls(refusals=1)

    assert life.use(user, calls) == "done"
    assert _refreshes(life) == before + 1
    assert calls.seen == [old.access_token, life.opened(life.grant(user).id).access_token]


def test_a_token_that_is_refused_again_is_trainingpeaks_fault(life: TokenLife) -> None:
    user = life.linked()
    before, calls = _refreshes(life), Calls(refusals=2)

    with pytest.raises(TrainingPeaksDownError):
        life.use(user, calls)
    assert (len(calls.seen), _refreshes(life)) == (2, before + 1)
    assert life.link(user).connection is Connection.ACTIVE
    assert life.works(life.use(user, itself))


def test_what_the_call_says_of_trainingpeaks_is_passed_on(life: TokenLife) -> None:
    wait = timedelta(seconds=77)

    def unavailable(_: TokenSet) -> None:
        raise TrainingPeaksUnavailableError(wait)

    with pytest.raises(TrainingPeaksDownError) as raised:
        life.use(life.linked(), unavailable)
    assert raised.value.retry_after == wait


def test_a_rotated_refresh_token_is_stored_before_anything_is_done_with_it(
    life: TokenLife, capfd: pytest.CaptureFixture[str]
) -> None:
    user = life.linked()
    grant = life.grant(user)
    old = life.opened(grant.id)
    life.outlive_tokens()

    def dies(tokens: TokenSet) -> None:
        assert life.opened(grant.id) == tokens
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        life.use(user, dies)
    kept, stored = life.opened(grant.id), life.stored(grant.id)
    assert kept.refresh_token != old.refresh_token
    assert life.works(kept)
    assert (stored.version, stored.lease, stored.expires_at) == (grant.version + 1, None, kept.expires_at)
    assert counted(capfd.readouterr().out)["TokenRefreshed"] == 1


def test_an_answer_without_a_refresh_token_keeps_the_old_one(life: TokenLife) -> None:
    user = life.linked()
    old = life.opened(life.grant(user).id)
    life.outlive_tokens()
    life.trainingpeaks.script(TOKEN, changed(refresh_token=None))

    tokens = life.use(user, itself)

    assert tokens.access_token != old.access_token
    assert tokens.refresh_token == old.refresh_token
    assert life.opened(life.grant(user).id) == tokens


def test_status_shows_the_new_expiry(life: TokenLife) -> None:
    user = life.linked()
    before = life.link(user).grant.expires_at
    life.outlive_tokens()
    life.use(user, itself)

    assert life.link(user).grant.expires_at == life.clock.now + TOKENS_LIVE == before + TOKENS_LIVE


def test_one_who_never_linked_has_no_tokens(life: TokenLife) -> None:
    calls = Calls(refusals=0)

    with pytest.raises(NotLinkedError):
        life.use(a_user(), calls)
    assert not calls.seen


def test_one_who_unlinked_has_no_tokens(life: TokenLife) -> None:
    user, calls = life.linked(), Calls(refusals=0)
    life.unlink(user)

    with pytest.raises(NotLinkedError):
        life.use(user, calls)
    assert not calls.seen
