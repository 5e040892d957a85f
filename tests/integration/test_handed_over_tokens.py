"""Rotated tokens that come when their link has gone: the worker ends them, or finds them superseded."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest

from account_link.errors import NotLinkedError, ReauthorizationRequiredError
from account_link.models import LEASE, RELEASED_KEPT, Connection, UserId
from account_link.revocation import RevocationUnfinishedError
from tests.integration.aws_calls import AwsCalls
from tests.integration.scripted_trainingpeaks import DEAUTHORISE, TOKEN
from tests.integration.token_life import Held, TokenLife, announced, before_answering, counted, frozen, itself


def test_tokens_that_come_after_their_grant_was_revoked_are_handed_to_the_worker(
    life: TokenLife, expired: UserId, aws_calls: AwsCalls, capfd: pytest.CaptureFixture[str]
) -> None:
    grant_id = life.grant(expired).id

    def look() -> None:
        life.look(grant_id)
        assert not life.is_stored(grant_id)

    frozen(life, look, unlinked=expired)
    with aws_calls.heard() as calls, pytest.raises(NotLinkedError):
        life.use(expired, itself)
    assert announced(calls) == [grant_id, grant_id]
    assert life.works(life.opened(grant_id))
    assert life.services.link.status(expired).link is None
    assert counted(capfd.readouterr().out)["GrantReleased refreshed_too_late"] == 1

    life.look(grant_id)
    assert not life.alive()
    assert not life.is_stored(grant_id)


def test_tokens_of_an_old_link_that_are_handed_over_are_kept_as_long_as_others(
    life: TokenLife, expired: UserId
) -> None:
    """TTL, which knows nothing of TrainingPeaks, does not remove them before the worker may give up."""
    grant_id = life.grant(expired).id
    life.clock.pass_by(timedelta(days=100))

    frozen(life, lambda: life.look(grant_id), unlinked=expired)
    with pytest.raises(NotLinkedError):
        life.use(expired, itself)

    item = life.services.table.get(f"GRANT#{grant_id}") or {}
    assert item["ttl"] > (life.clock.now + RELEASED_KEPT).timestamp()
    life.look(grant_id)
    assert not life.alive()


def test_tokens_that_come_after_the_link_was_marked_are_revoked(life: TokenLife, expired: UserId) -> None:
    grant_id = life.grant(expired).id

    def be_refused() -> None:
        with pytest.raises(ReauthorizationRequiredError):
            life.use(expired, itself)

    frozen(life, be_refused)
    with pytest.raises(ReauthorizationRequiredError):
        life.use(expired, itself)
    assert life.link(expired).connection is Connection.REAUTHORIZATION_REQUIRED
    assert len(life.alive()) == 1

    life.look(grant_id)
    assert not life.alive()


def test_tokens_that_come_while_the_worker_revokes_are_revoked_too(
    life: TokenLife, expired: UserId, aside: ThreadPoolExecutor
) -> None:
    grant_id, held = life.grant(expired).id, Held()

    def look() -> None:
        life.trainingpeaks.script(TOKEN, held)
        looks.append(aside.submit(life.look, grant_id))
        assert held.has_come()

    looks: list[Future[None]] = []
    frozen(life, look, unlinked=expired)
    with pytest.raises(NotLinkedError):
        life.use(expired, itself)
    held.may_answer.set()
    with pytest.raises(RevocationUnfinishedError):
        looks[0].result()

    life.clock.pass_by(LEASE)
    life.look(grant_id)
    assert not life.alive()
    assert not life.is_stored(grant_id)


def test_tokens_that_come_after_the_athlete_moved_are_destroyed_and_nobody_is_deauthorised(
    life: TokenLife, expired: UserId, capfd: pytest.CaptureFixture[str]
) -> None:
    grant_id = life.grant(expired).id
    others: list[UserId] = []
    life.trainingpeaks.script(TOKEN, before_answering(lambda: others.append(life.linked())))
    before = life.trainingpeaks.requests[DEAUTHORISE]

    with pytest.raises(ReauthorizationRequiredError):
        life.use(expired, itself)
    life.look(grant_id)

    assert not life.is_stored(grant_id)
    assert life.trainingpeaks.requests[DEAUTHORISE] == before
    assert counted(capfd.readouterr().out)["GrantSuperseded"] == 1
    assert life.works(life.use(others[0], itself))
