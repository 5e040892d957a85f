"""Grants that the worker does not end at TrainingPeaks: links, and what it only destroys."""

from datetime import timedelta

import pytest

from account_link.models import RELEASED_KEPT, GrantId
from account_link.revocation import RevocationUnfinishedError
from account_link.revoke import OVERDUE_AFTER
from account_link.table import Write
from tests.integration.aws_calls import AwsCalls
from tests.integration.aws_faults import after as after_deciding
from tests.integration.scripted_trainingpeaks import DEAUTHORISE, TOKEN
from tests.integration.token_life import (
    A_MOMENT,
    TokenLife,
    a_user,
    counted,
    itself,
    times_out,
    unlinked_in_vain,
    waits,
)


def _is_only_destroyed(life: TokenLife, grant_id: GrantId) -> bool:
    """Let the worker look, and tell whether it destroyed the tokens without a word to TrainingPeaks."""
    before = life.trainingpeaks.requests.copy()
    life.look(grant_id)
    return life.trainingpeaks.requests == before and not life.is_stored(grant_id)


@pytest.mark.parametrize("by_whom", ["the same user", "another user"])
def test_a_grant_that_a_new_link_superseded_is_destroyed_and_never_deauthorised(
    life: TokenLife, capfd: pytest.CaptureFixture[str], by_whom: str
) -> None:
    user = life.linked()
    grant_id = unlinked_in_vain(life, user)
    holder = life.linked(user if by_whom == "the same user" else a_user())

    assert _is_only_destroyed(life, grant_id)
    assert counted(capfd.readouterr().out)["GrantSuperseded"] == 1
    assert life.works(life.use(holder, itself))


def test_a_parked_grant_whose_athlete_somebody_else_took_is_destroyed(life: TokenLife) -> None:
    user = a_user()
    life.authorised(user)
    holder = life.linked()
    parked = life.redeemed(user)
    life.clock.pass_by(waits(life, parked))

    assert _is_only_destroyed(life, parked)
    assert life.works(life.use(holder, itself))


def test_the_link_itself_is_left(life: TokenLife) -> None:
    user = life.linked()
    grant = life.grant(user)
    before = life.fence()

    life.look(grant.id)

    assert life.grant(user) == grant
    assert life.fence() == before
    assert life.works(life.opened(grant.id))


def test_a_grant_that_becomes_the_link_while_the_worker_releases_it_is_given_back(
    life: TokenLife, aws_calls: AwsCalls
) -> None:
    """A confirmation just in time, and a worker whose clock is past that time."""
    user = a_user()
    landing = life.authorised(user)
    parked = life.redeemed(user)
    life.clock.pass_by(waits(life, parked))

    def confirm() -> None:
        life.clock.pass_by(-A_MOMENT)
        life.services.present(user, landing)
        life.clock.pass_by(A_MOMENT)

    before = life.trainingpeaks.requests[DEAUTHORISE]
    with aws_calls.fault("UpdateItem", after_deciding(confirm)):
        life.look(parked)

    assert life.grant(user).id == parked
    assert life.grant(user).released_at is None
    assert life.trainingpeaks.requests[DEAUTHORISE] == before
    assert life.works(life.use(user, itself))


def test_a_link_that_is_superseded_while_the_worker_gives_it_back_needs_no_more(
    life: TokenLife, aws_calls: AwsCalls
) -> None:
    user = life.linked()
    grant = life.grant(user)
    life.services.grants.release(grant, life.clock.now)
    life.clock.pass_by(A_MOMENT)

    with aws_calls.fault("UpdateItem", after_deciding(lambda: life.linked(user))):
        life.look(grant.id)

    assert not life.is_stored(grant.id)
    assert life.works(life.use(user, itself))


def test_tokens_under_a_broken_seal_are_counted_and_done_with(
    life: TokenLife, capfd: pytest.CaptureFixture[str]
) -> None:
    grant_id = unlinked_in_vain(life)
    broken = Write(
        f"GRANT#{grant_id}", update="SET #sealed = :sealed", values={":sealed": b"\x01\x00\x10" + b"x" * 200}
    )
    life.services.table.update(broken)

    assert _is_only_destroyed(life, grant_id)
    assert counted(capfd.readouterr().out)["GrantLost"] == 1
    assert life.fence()["fence"] == life.milliseconds()
    life.look(grant_id)


@pytest.mark.parametrize(("short_of_a_day", "overdue"), [(A_MOMENT, 0), (timedelta(0), 1)])
def test_what_has_failed_for_a_day_is_counted_at_each_look(
    life: TokenLife, capfd: pytest.CaptureFixture[str], short_of_a_day: timedelta, overdue: int
) -> None:
    grant_id = unlinked_in_vain(life)
    released_at = life.stored(grant_id).released_at
    assert released_at
    life.clock.now = released_at + OVERDUE_AFTER - short_of_a_day
    for _ in range(2):
        life.trainingpeaks.script(TOKEN, times_out)
        with pytest.raises(RevocationUnfinishedError):
            life.look(grant_id)
        assert counted(capfd.readouterr().out)["RevocationOverdue"] == overdue
    assert life.is_stored(grant_id)


def test_what_cannot_be_revoked_for_7_days_is_destroyed_and_counted(
    life: TokenLife, capfd: pytest.CaptureFixture[str]
) -> None:
    grant_id = unlinked_in_vain(life)
    released_at = life.stored(grant_id).released_at
    assert released_at
    life.clock.now = released_at + RELEASED_KEPT - A_MOMENT
    life.trainingpeaks.script(TOKEN, times_out)
    with pytest.raises(RevocationUnfinishedError):
        life.look(grant_id)
    assert life.is_stored(grant_id)

    life.clock.pass_by(A_MOMENT)
    assert _is_only_destroyed(life, grant_id)
    assert counted(capfd.readouterr().out)["RevocationAbandoned"] == 1
