"""The same athlete linked again, under every kind of provider: deauthorise may end all of an athlete's grants, a new
grant the older ones, and a refresh may rotate or not. The active link's tokens work, unless the provider ended them.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import pytest

from account_link.callback import Landing
from account_link.errors import AttemptNotAuthorizedError
from account_link.models import FENCE, Outcome, UserId
from account_link.revocation import RevocationUnfinishedError
from tests.integration.scripted_trainingpeaks import (
    DEAUTHORISE,
    TOKEN,
    Reply,
    ScriptedTrainingPeaks,
    after,
    new_athlete,
)
from tests.integration.services import Aws, Clock
from tests.integration.token_life import TokenLife, a_user, before_answering, itself, times_out, times_out_afterwards

A_MOMENT = timedelta(milliseconds=1)
KINDS = list(product([False, True], repeat=3))
NAMES = ["-".join(name for name, on in zip(("all", "older", "rotates"), kind, strict=True) if on) for kind in KINDS]


@pytest.fixture(params=KINDS, ids=[name or "plain" for name in NAMES])
def life(
    request: pytest.FixtureRequest, aws: Aws, trainingpeaks: ScriptedTrainingPeaks, clock: Clock
) -> Iterator[TokenLife]:
    simulator = trainingpeaks.simulator
    simulator.deauthorize_ends_all, simulator.new_grant_ends_older, simulator.rotates = request.param
    yield TokenLife(aws, trainingpeaks, clock)
    simulator.deauthorize_ends_all, simulator.new_grant_ends_older, simulator.rotates = False, False, True


def _works(life: TokenLife, user: UserId) -> bool:
    """Tell whether the link's tokens work now, and once more when they have been refreshed."""
    now = life.works(life.use(user, itself))
    life.outlive_tokens()
    return now and life.works(life.use(user, itself))


def test_a_link_made_right_after_an_unlink_works(life: TokenLife) -> None:
    user = life.linked()
    old = life.grant(user).id
    life.unlink(user)
    life.clock.pass_by(A_MOMENT)
    life.linked(user)
    life.look(old)

    assert _works(life, user)
    assert len(life.alive()) == 1


@pytest.mark.parametrize("by_whom", ["the same user", "another user"])
@pytest.mark.parametrize("reply", [times_out, times_out_afterwards], ids=["not done", "done"])
def test_a_link_made_after_an_unlink_in_vain_works_and_the_worker_leaves_it_alone(
    life: TokenLife, by_whom: str, reply: Reply
) -> None:
    user = life.linked()
    old = life.grant(user).id
    life.trainingpeaks.script(DEAUTHORISE, reply)
    life.unlink(user)
    life.clock.pass_by(FENCE + A_MOMENT)
    holder = life.linked(user if by_whom == "the same user" else a_user())
    before = life.trainingpeaks.requests[DEAUTHORISE]
    life.look(old)

    assert life.trainingpeaks.requests[DEAUTHORISE] == before
    assert not life.is_stored(old)
    assert _works(life, holder)


def test_a_link_made_over_another_link_works(life: TokenLife) -> None:
    user = life.linked()
    superseded = []
    for holder, former in ((user, user), (a_user(), user)):
        superseded.append(life.grant(former).id)
        life.clock.pass_by(A_MOMENT)
        life.linked(holder)
        for grant_id in superseded:
            life.look(grant_id)
        assert _works(life, holder)


def test_tokens_exchanged_before_a_revocation_takes_effect_never_become_a_link(life: TokenLife) -> None:
    """The exchange comes between the fence and what TrainingPeaks does, the confirmation after that."""
    user, other = life.linked(), a_user()
    old = life.grant(user).id
    life.trainingpeaks.script(DEAUTHORISE, times_out)
    life.unlink(user)
    life.clock.pass_by(FENCE + A_MOMENT)
    query, landings = life.allowed(other), list[Landing]()
    life.trainingpeaks.script(DEAUTHORISE, after(lambda: landings.append(life.services.come_back(query))))
    life.look(old)
    outdated = life.redeemed(other)

    with pytest.raises(AttemptNotAuthorizedError):
        life.services.present(other, landings[0])
    life.clock.pass_by(A_MOMENT)
    life.linked(other)
    life.look(outdated)
    assert not life.is_stored(outdated)
    assert _works(life, other)


def test_a_refused_grant_of_an_athlete_who_is_linked_elsewhere_is_left_alone(life: TokenLife) -> None:
    """At a provider where a new grant ends the older ones, it has ended the link's already: that is the provider's."""
    holder = life.linked()
    stranger = life.linked(athlete=new_athlete())
    (theirs,) = life.trainingpeaks.simulator.live_grants(life.athlete.id)
    assert life.authorised(stranger).outcome is Outcome.DIFFERENT_ATHLETE
    refused = life.redeemed(stranger)
    life.look(refused)

    assert not life.is_stored(refused)
    assert theirs.id in life.trainingpeaks.simulator.ended_for_another or _works(life, holder)
    assert _works(life, stranger)


def test_a_late_refresh_of_a_link_that_was_made_anew_does_not_end_the_new_one(life: TokenLife) -> None:
    user = life.linked()
    old = life.grant(user).id
    life.outlive_tokens()
    life.trainingpeaks.script(TOKEN, before_answering(lambda: life.linked(user)))
    life.use(user, itself)
    life.look(old)

    assert not life.is_stored(old)
    assert _works(life, user)


def test_a_revocation_that_waits_is_finished_in_the_end(life: TokenLife) -> None:
    user = life.linked()
    old = life.grant(user).id
    life.trainingpeaks.script(DEAUTHORISE, times_out, times_out_afterwards)
    life.unlink(user)
    with pytest.raises(RevocationUnfinishedError):
        life.look(old)
    life.outlive_tokens()
    life.look(old)

    assert not life.alive()
    assert not life.is_stored(old)
