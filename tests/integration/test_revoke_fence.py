"""The fence of a revocation: up before the call, lowered after a definite answer, and put up once."""

from datetime import timedelta

import pytest

from account_link.claim_store import fence_owner
from account_link.errors import AttemptNotAuthorizedError
from account_link.models import FENCE, LEASE, GrantId, InvocationId
from account_link.revocation import RevocationUnfinishedError
from tests.integration.scripted_trainingpeaks import (
    DEAUTHORISE,
    Reply,
    after,
    says,
    sends,
)
from tests.integration.token_life import (
    A_MOMENT,
    TokenLife,
    a_user,
    counted,
    is_unfinished,
    itself,
    someone,
    times_out,
    times_out_afterwards,
)

FIRST = InvocationId("first")


UNCLEAR: dict[str, tuple[Reply, timedelta]] = {
    "429": (sends(429, b"", **{"Retry-After": "120"}), timedelta(seconds=120)),
    "500": (sends(500, b"<html></html>"), timedelta(seconds=30)),
    "403": (says(403, {}), timedelta(seconds=30)),
    "no answer": (times_out, timedelta(seconds=30)),
    "no answer, but done": (times_out_afterwards, timedelta(seconds=30)),
}


@pytest.mark.parametrize(("reply", "wait"), UNCLEAR.values(), ids=UNCLEAR)
def test_after_an_unclear_answer_the_fence_stays(
    life: TokenLife, released: GrantId, reply: Reply, wait: timedelta
) -> None:
    life.trainingpeaks.script(DEAUTHORISE, reply)

    assert is_unfinished(life, released) == wait
    assert life.fence()["fence"] == life.milliseconds(FENCE)


def test_what_is_asked_for_before_the_fence_is_refused_and_what_comes_after_it_works(
    life: TokenLife, released: GrantId
) -> None:
    life.trainingpeaks.script(DEAUTHORISE, times_out)
    is_unfinished(life, released)

    user = a_user()
    life.clock.pass_by(FENCE)
    too_early = life.authorised(user)
    with pytest.raises(AttemptNotAuthorizedError):
        life.services.present(user, too_early)
    life.clock.pass_by(A_MOMENT)
    life.linked(user)
    assert life.works(life.use(user, itself))


def test_a_definite_answer_lowers_the_fence(life: TokenLife, released: GrantId) -> None:
    fences: list[object] = []
    life.trainingpeaks.script(DEAUTHORISE, after(lambda: fences.append(life.fence()["fence"])))
    life.look(released)

    assert fences == [life.milliseconds(FENCE)]
    assert life.fence()["fence"] == life.milliseconds()
    life.clock.pass_by(A_MOMENT)
    assert life.works(life.use(life.linked(), itself))


def test_a_fence_that_stood_before_is_not_lowered_for_another_revocation(life: TokenLife, released: GrantId) -> None:
    stored = life.services.grants.read(released)
    assert stored
    life.services.claims.fence(stored, someone(), life.clock.now)
    life.clock.pass_by(timedelta(seconds=1))

    life.look(released)

    assert not life.is_stored(released)
    assert life.fence()["fence"] == life.milliseconds(FENCE)


def test_a_doubled_message_does_nothing(life: TokenLife, released: GrantId, capfd: pytest.CaptureFixture[str]) -> None:
    life.look(released, FIRST)
    life.clock.pass_by(timedelta(seconds=1))
    before, fence = life.trainingpeaks.requests.copy(), life.fence()
    capfd.readouterr()

    life.look(released)

    assert life.trainingpeaks.requests == before
    assert life.fence() == fence
    assert not counted(capfd.readouterr().out)


def test_a_doubled_message_that_comes_meanwhile_puts_up_no_fence_of_its_own(life: TokenLife, released: GrantId) -> None:
    waits: list[timedelta] = []

    def double() -> None:
        with pytest.raises(RevocationUnfinishedError) as raised:
            life.look(released)
        waits.append(raised.value.wait)
        assert life.fence()["fenced_by"] == fence_owner(FIRST, released)

    life.trainingpeaks.script(DEAUTHORISE, after(double))
    before = life.trainingpeaks.requests[DEAUTHORISE]
    life.look(released, FIRST)

    assert waits == [LEASE]
    assert life.trainingpeaks.requests[DEAUTHORISE] == before + 1
    assert life.fence()["fence"] == life.milliseconds()
