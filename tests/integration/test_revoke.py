"""The worker's look at a grant: what it ends at TrainingPeaks, what it leaves, and what it only destroys."""

from datetime import timedelta

import pytest

from account_link.errors import TryAgainError
from account_link.grant_store import TIDY_AFTER
from account_link.models import CONFIRMATION_WINDOW, EXCHANGE_LIMIT, GrantId, Outcome
from account_link.revocation import RevocationUnfinishedError
from tests.integration.aws_calls import AwsCalls
from tests.integration.aws_faults import unreachable
from tests.integration.scripted_trainingpeaks import DEAUTHORISE, TOKEN, after, new_athlete
from tests.integration.token_life import A_MOMENT, TokenLife, a_user, counted, itself, unlinked_in_vain, waits

ALLOWED_PROFILE_ONLY = ("athlete:profile",)


def _is_revoked(life: TokenLife, grant_id: GrantId) -> bool:
    """Let the worker look, and tell whether it ended the grant and nothing is left of it."""
    before = life.trainingpeaks.requests[DEAUTHORISE]
    life.look(grant_id)
    return life.trainingpeaks.requests[DEAUTHORISE] == before + 1 and not life.is_stored(grant_id)


def test_a_link_that_went_while_trainingpeaks_was_down_is_revoked(
    life: TokenLife, capfd: pytest.CaptureFixture[str]
) -> None:
    grant_id = unlinked_in_vain(life)
    assert len(life.alive()) == 1

    assert _is_revoked(life, grant_id)
    assert not life.alive()
    assert counted(capfd.readouterr().out)["GrantRevoked deauthorised"] == 1


def test_a_grant_of_another_athlete_than_the_linked_one_is_revoked(life: TokenLife) -> None:
    user = life.linked(athlete=new_athlete())
    landing = life.authorised(user)
    refused = life.redeemed(user)
    assert landing.outcome is Outcome.DIFFERENT_ATHLETE
    assert life.stored(refused).released_at
    assert life.works(life.opened(refused))

    assert _is_revoked(life, refused)
    assert not life.alive()
    assert life.works(life.use(user, itself))


def test_a_grant_without_the_permission_to_upload_is_revoked(life: TokenLife) -> None:
    user = a_user()
    landing = life.authorised(user, scopes=ALLOWED_PROFILE_ONLY)
    assert landing.outcome is Outcome.PERMISSION_MISSING
    assert len(life.alive()) == 1

    assert _is_revoked(life, life.redeemed(user))
    assert not life.alive()


def test_a_parked_grant_waits_for_its_confirmation_and_is_revoked_once_that_is_too_late(life: TokenLife) -> None:
    user = a_user()
    life.clock.pass_by(timedelta(minutes=1))
    life.authorised(user)
    parked = life.redeemed(user)
    left = waits(life, parked)
    assert left >= CONFIRMATION_WINDOW

    life.clock.pass_by(left - A_MOMENT)
    assert waits(life, parked) == timedelta(seconds=1)
    life.clock.pass_by(A_MOMENT)
    assert _is_revoked(life, parked)
    assert not life.alive()


def test_a_parked_grant_that_was_replaced_is_revoked_when_its_user_has_finished(life: TokenLife) -> None:
    user = a_user()
    life.authorised(user)
    parked = life.redeemed(user)
    life.clock.pass_by(timedelta(seconds=60))
    life.services.started(user)
    assert life.stored(parked).released_at is None

    life.clock.pass_by(waits(life, parked))
    assert _is_revoked(life, parked)
    assert not life.alive()


def test_the_worker_waits_while_the_same_user_is_connecting(life: TokenLife) -> None:
    user = life.linked()
    grant_id = unlinked_in_vain(life, user)
    started = life.services.started(user)
    assert waits(life, grant_id) == started.expires_at - life.clock.now

    query = life.allowed(user)
    noted: list[timedelta] = []
    life.trainingpeaks.script(TOKEN, after(lambda: _note_wait(life, grant_id, noted)))
    life.services.come_back(query)
    assert noted == [EXCHANGE_LIMIT]
    assert waits(life, grant_id) >= CONFIRMATION_WINDOW
    assert life.works(life.opened(grant_id))


def _note_wait(life: TokenLife, grant_id: GrantId, noted: list[timedelta]) -> None:
    with pytest.raises(RevocationUnfinishedError) as raised:
        life.look(grant_id)
    noted.append(raised.value.wait)


def test_another_users_attempt_does_not_keep_the_worker(life: TokenLife) -> None:
    grant_id = unlinked_in_vain(life)
    life.services.started(a_user())

    assert _is_revoked(life, grant_id)


def test_ttl_never_comes_before_the_worker_gives_up(life: TokenLife) -> None:
    user = life.linked()
    life.clock.pass_by(timedelta(days=100))
    life.use(user, itself)
    grant_id = unlinked_in_vain(life, user)

    item = life.services.table.get(f"GRANT#{grant_id}") or {}
    released_at = life.stored(grant_id).released_at
    assert released_at
    assert item["ttl"] == int((released_at + TIDY_AFTER).timestamp())


@pytest.mark.parametrize("nth", [1, 2, 3], ids=["release", "lease", "fence"])
def test_a_table_that_fails_before_the_fence_is_up_keeps_trainingpeaks_out_of_it(
    life: TokenLife, aws_calls: AwsCalls, nth: int
) -> None:
    grant_id = unlinked_in_vain(life)
    before = life.trainingpeaks.requests.copy()

    with aws_calls.fault("UpdateItem", unreachable, nth=nth), pytest.raises(TryAgainError):
        life.look(grant_id)
    assert life.trainingpeaks.requests == before
    assert life.stored(grant_id).lease is None
    assert _is_revoked(life, grant_id)
