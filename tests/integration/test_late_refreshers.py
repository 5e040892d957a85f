"""Who comes back from TrainingPeaks too late: after an unlink, a re-link, or a lease that passed to somebody else."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import pytest

from account_link.errors import NotLinkedError, TryAgainError
from account_link.models import LEASE, Connection, TokenSet, UserId
from account_link.revocation import RevocationUnfinishedError
from local.trainingpeaks import SimulatorState
from tests.integration.aws_calls import AwsCalls
from tests.integration.aws_faults import unreachable
from tests.integration.scripted_trainingpeaks import DEAUTHORISE, TOKEN, ScriptedTrainingPeaks
from tests.integration.token_life import Held, TokenLife, before_answering, counted, frozen, itself


@pytest.fixture
def simulator(trainingpeaks: ScriptedTrainingPeaks) -> Iterator[SimulatorState]:
    yield trainingpeaks.simulator
    trainingpeaks.simulator.rotates = True


def test_an_old_holder_does_not_overwrite_newer_tokens(
    life: TokenLife, expired: UserId, simulator: SimulatorState
) -> None:
    simulator.rotates = False
    newer: list[TokenSet] = []
    frozen(life, lambda: newer.append(life.use(expired, itself)))

    tokens = life.use(expired, itself)

    stored = life.grant(expired)
    assert [tokens] == newer == [life.opened(stored.id)]
    assert (stored.version, stored.released_at, stored.lease) == (2, None, None)


def test_what_an_old_holder_brings_reaches_the_one_who_holds_the_lease_now(
    life: TokenLife, expired: UserId, aside: ThreadPoolExecutor
) -> None:
    """TrainingPeaks refuses the newer holder, for the older one has used the refresh token up."""
    held = Held()

    def overtake() -> None:
        life.trainingpeaks.script(TOKEN, held)
        others.append(aside.submit(life.use, expired, itself))
        assert held.has_come()

    others: list[Future[TokenSet]] = []
    frozen(life, overtake)
    tokens = life.use(expired, itself)
    held.may_answer.set()

    assert others[0].result() == tokens == life.opened(life.grant(expired).id)
    assert life.works(tokens)
    assert life.link(expired).connection is Connection.ACTIVE


def test_an_unlink_during_a_refresh_ends_the_rotated_tokens_too(life: TokenLife, expired: UserId) -> None:
    grant_id = life.grant(expired).id
    life.trainingpeaks.script(TOKEN, before_answering(lambda: life.unlink(expired)))

    with pytest.raises(NotLinkedError):
        life.use(expired, itself)
    released = life.stored(grant_id)
    assert (released.version, released.lease, released.released_at) == (2, None, life.clock.now)
    assert life.services.link.status(expired).link is None
    assert life.works(life.opened(grant_id))

    life.look(grant_id)
    assert not life.alive()
    assert not life.is_stored(grant_id)


def test_the_worker_waits_for_a_refresh_under_way(life: TokenLife, expired: UserId) -> None:
    grant_id = life.grant(expired).id
    waits: list[timedelta] = []

    def unlink_and_look() -> None:
        life.unlink(expired)
        life.clock.pass_by(timedelta(seconds=5))
        with pytest.raises(RevocationUnfinishedError) as raised:
            life.look(grant_id)
        waits.append(raised.value.wait)

    before = life.trainingpeaks.requests[DEAUTHORISE]
    life.trainingpeaks.script(TOKEN, before_answering(unlink_and_look))
    with pytest.raises(NotLinkedError):
        life.use(expired, itself)

    assert waits == [LEASE - timedelta(seconds=5)]
    assert life.trainingpeaks.requests[DEAUTHORISE] == before


def test_rotated_tokens_that_no_table_takes_are_counted(
    life: TokenLife, expired: UserId, aws_calls: AwsCalls, capfd: pytest.CaptureFixture[str]
) -> None:
    fault, troubles = aws_calls.fault("UpdateItem", unreachable, nth=None), ExitStack()
    life.trainingpeaks.script(TOKEN, before_answering(lambda: troubles.enter_context(fault)))
    with troubles, pytest.raises(TryAgainError):
        life.use(expired, itself)
    assert counted(capfd.readouterr().out)["GrantLost"] == 1
