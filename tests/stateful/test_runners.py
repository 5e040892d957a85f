"""Two runners and two athletes over HTTP, in any order and with faults at TrainingPeaks: the API keeps to the model.

A failing run prints its steps and, by `print_blob`, what repeats it; `derandomize` makes every run the same.
"""

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.stateful.app import Kit, athlete, running, state_in
from tests.stateful.faults import DEAUTHORIZE, EXCHANGE, USE, Trouble
from tests.stateful.model import ATTEMPT_LIFETIME, Attempt, Kinni, Runner
from tests.stateful.promises import exchanged, holds, outcome, uploaded
from tests.stateful.steps import BUDGET, Steps

RUNNERS = st.sampled_from([0, 0, 1])
ATHLETES = st.sampled_from([0, 0, 0, 1])


def now_and_then(troubles: tuple[Trouble, ...]) -> st.SearchStrategy[Trouble | None]:
    return st.one_of(st.none(), st.none(), st.sampled_from(troubles))


def has_begun(machine: "Runners") -> bool:
    """Tell whether there is anything to happen to."""
    return any(runner.attempt for runner in machine.kinni.runners)


class Runners(Steps):
    @initialize(
        ends_all=st.booleans(), ends_older=st.booleans(), rotates=st.booleans(), linked=st.sampled_from([0, 1, 1, 2])
    )
    def begin(self, *, ends_all: bool, ends_older: bool, rotates: bool, linked: int) -> None:
        state = self.kit.simulator
        state.deauthorize_ends_all, state.new_grant_ends_older, state.rotates = ends_all, ends_older, rotates
        self.kinni = Kinni([Runner(f"ann-{uuid.uuid4()}"), Runner(f"bob-{uuid.uuid4()}")])
        self.athletes = [athlete("Robin"), athlete("Sam")]
        for who in range(linked):
            self.links(who, who)

    @rule(who=RUNNERS, key=st.sampled_from(["one", "two", "three", "four"]))
    def starts(self, who: int, key: str) -> None:
        runner, now = self.kinni.runners[who], self._tick()
        known, attempt = runner.keys.get(key), runner.attempt
        answer = self.kit.call(runner.user, "POST", "/auth", {}, **{"Idempotency-Key": key})
        told = answer.json()
        if known is None and not (attempt and attempt.is_joinable(now)):
            assert answer.status_code == 201
            assert told["status"] == "pending"
            new = Attempt(told["attempt_id"], state_in(told["authorization_url"]), now + ATTEMPT_LIFETIME)
            runner.attempt = attempt = new
        assert answer.status_code in {200, 201}
        if known is None and attempt:
            attempt.join(now)
        runner.keys[key] = known or told["attempt_id"]
        assert told["attempt_id"] == runner.keys[key]
        is_newest = attempt is not None and attempt.id == told["attempt_id"]
        assert told["status"] == (attempt.status_at(now) if attempt and is_newest else "expired")
        assert (told["authorization_url"] is None) == (told["status"] != "pending")

    @rule(who=RUNNERS, at=ATHLETES, trouble=now_and_then(EXCHANGE))
    def allows_and_comes_back(self, who: int, at: int, trouble: Trouble | None) -> None:
        runner, now = self.kinni.runners[who], self._tick()
        if runner.attempt is None or not runner.attempt.is_joinable(now):
            self.starts(who, str(uuid.uuid4()))
        attempt, person, now = runner.attempt, self.athletes[at], self._tick()
        if attempt is None or attempt.status != "pending":
            return
        code = self.kit.code_for(person)
        grant = exchanged(self.kinni, self.kit.simulator, person.id, now, trouble)
        expected = outcome(runner, grant, trouble)
        told = self._told(trouble, code=code, state=attempt.state)
        assert told["outcome"] == expected
        assert told["attempt_id"] == attempt.id
        attempt.code, attempt.confirmation_code = code, told.get("confirmation_code", "")
        if expected == "authorized" and grant:
            attempt.park(grant, now)
        else:
            attempt.end("failed", expected)
        assert bool(attempt.confirmation_code) == (expected == "authorized")

    @precondition(has_begun)
    @rule(who=RUNNERS, is_same=st.booleans())
    def comes_back_again(self, who: int, *, is_same: bool) -> None:
        attempt, now = self.kinni.runners[who].attempt, self._tick()
        if attempt is None or not attempt.code:
            return
        told = self._told(None, code=attempt.code if is_same else "another", state=attempt.state)
        shown = attempt.outcome if is_same and attempt.status_at(now) != "expired" else "expired"
        assert told["outcome"] == shown
        assert told.get("confirmation_code", "") == (attempt.confirmation_code if shown == "authorized" else "")

    @precondition(has_begun)
    @rule(who=RUNNERS)
    def cancels(self, who: int) -> None:
        attempt, now = self.kinni.runners[who].attempt, self._tick()
        if attempt is None:
            return
        told = self._told(None, error="access_denied", state=attempt.state)
        if attempt.status_at(now) == "pending":
            attempt.end("cancelled", "cancelled")
        assert told["outcome"] == ("cancelled" if attempt.status == "cancelled" else "expired")

    @precondition(has_begun)
    @rule(who=RUNNERS, whose=RUNNERS, code=st.sampled_from(["right", "right", "right", "wrong"]))
    def confirms(self, who: int, whose: int, code: str) -> None:
        runner, attempt, now = self.kinni.runners[who], self.kinni.runners[whose].attempt, self._tick()
        if attempt is None:
            return
        given = attempt.confirmation_code if code == "right" and attempt.confirmation_code else "wrong"
        body = {"attempt_id": attempt.id, "confirmation_code": given}
        answer = self.kit.call(runner.user, "POST", "/link", body)
        assert answer.status_code == self.kinni.confirmed(runner, attempt.id, given, now), answer.text
        if answer.status_code == 200:
            holds(answer.json(), runner, now)

    @rule(who=RUNNERS, at=ATHLETES)
    def links(self, who: int, at: int) -> None:
        self.allows_and_comes_back(who, at, None)
        self.confirms(who, who, "right")

    @precondition(has_begun)
    @rule(who=RUNNERS, enabled=st.booleans())
    def ticks_the_box(self, who: int, *, enabled: bool) -> None:
        runner = self.kinni.runners[who]
        answer = self.kit.call(runner.user, "PUT", "/auto-upload", {"enabled": enabled})
        assert answer.status_code == (200 if runner.link else 404)
        runner.auto_upload = enabled if runner.link else False

    @precondition(has_begun)
    @rule(who=RUNNERS, trouble=now_and_then(DEAUTHORIZE))
    def unlinks(self, who: int, trouble: Trouble | None) -> None:
        runner, now = self.kinni.runners[who], self._tick()
        grant = runner.link.grant if runner.link and runner.link.is_active else None
        is_asked = grant is not None and not (grant.is_dead and grant.expires_at <= now)
        is_done = grant is not None and not grant.is_dead and (trouble is None or trouble.takes_tokens)
        with_trouble = trouble if is_asked else None
        self._set(with_trouble)
        assert self.kit.call(runner.user, "DELETE", "/link").status_code == 204
        self.kinni.unlinked(runner, now, is_clear=with_trouble is None)
        if grant:
            grant.is_dead |= is_done
        if grant and is_done and self.kit.simulator.deauthorize_ends_all:
            self.kinni.ended(grant.athlete)

    @precondition(has_begun)
    @rule(who=RUNNERS, trouble=now_and_then(USE))
    def uploads(self, who: int, trouble: Trouble | None) -> None:
        runner, now = self.kinni.runners[who], self._tick()
        self._set(trouble)
        used = self.kit.use(runner.user)
        assert used == uploaded(runner, now, trouble, rotates=self.kit.simulator.rotates)

    @precondition(has_begun)
    @rule(minutes=st.sampled_from([0.5, 0.8, 1.1, 9.5, 11, 16]))
    def time_passes(self, minutes: float) -> None:
        self.kit.clock.move(timedelta(minutes=minutes))

    @precondition(has_begun)
    @rule(at=ATHLETES)
    def ends_it_at_trainingpeaks(self, at: int) -> None:
        person, state = self.athletes[at], self.kit.simulator
        while alive := state.live_grants(person.id):
            state.deauthorize(state.refresh(alive[0].refresh_token).access_token)
        self.kinni.ended(person.id)

    @invariant()
    def is_shown(self) -> None:
        for runner in self.kinni.runners:
            holds(self.kit.call(runner.user, "GET", "/status").json(), runner, self.kit.clock.now())


@pytest.fixture(scope="module")
def kit(dynamodb_local_url: str) -> Iterator[Kit]:
    with running(dynamodb_local_url) as kit:
        yield kit


def test_the_api_keeps_to_the_model(kit: Kit) -> None:
    Runners.kit = kit
    run_state_machine_as_test(Runners, settings=BUDGET)
