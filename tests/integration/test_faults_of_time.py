"""Time runs out, or TrainingPeaks does not answer at all: before the exchange, after it, and later."""

import threading
import time
from datetime import timedelta

import httpx
import pytest

from account_link.models import Outcome, UserId
from local.runtime import LambdaContext
from tests.integration.fault_scenarios import is_try_again
from tests.integration.runner import Answer, NewRunner, Request, Runner, event, handler
from tests.integration.scripted_trainingpeaks import (
    DEAUTHORISE,
    PROFILE,
    TOKEN,
    InterruptedTransport,
    ScriptedTrainingPeaks,
    after,
    as_simulated,
    drips,
    late,
    new_athlete,
    says,
)
from tests.integration.services import Aws, Clock, Services
from tests.integration.stored import StoredItems
from tests.integration.token_life import in_time, someone
from tests.integration.worker import Worker

LONGER_THAN_THE_TIMEOUT = 7.0
TRANSPORT_ERRORS = [
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.ReadError,
    httpx.ReadTimeout,
    httpx.WriteTimeout,
    httpx.PoolTimeout,
    httpx.RemoteProtocolError,
]


def _in_a_hurry(runner: Runner, folder: str, query: str, seconds: float) -> Answer:
    """Call a function to which so little time is left."""
    context = LambdaContext(folder, timedelta(seconds=seconds), 512)
    answer = handler(folder)(event(Request(folder, runner.user, query=query)), context)
    return Answer(answer["statusCode"], {k.lower(): v for k, v in answer["headers"].items()}, answer.get("body", ""))


@pytest.mark.parametrize("seconds", [0, 5, 17])
def test_an_exchange_that_could_not_be_finished_is_not_begun(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks, seconds: float
) -> None:
    query = runner.allowed()
    before = trainingpeaks.requests.total()
    answer = _in_a_hurry(runner, "callback", query, seconds)

    assert is_try_again(answer)
    assert trainingpeaks.requests.total() == before
    assert runner.come_back(query).outcome == "authorized"


@pytest.mark.parametrize("seconds", [0, 6, 17])
def test_an_unlink_without_time_to_revoke_is_one_all_the_same(
    runner: Runner, stored: StoredItems, worker: Worker, seconds: float
) -> None:
    """TrainingPeaks is not asked: the worker has the time to."""
    runner.linked()
    before = runner.trainingpeaks.requests.total()
    answer = _in_a_hurry(runner, "unlink", "", seconds)

    assert answer.status == 204
    assert runner.trainingpeaks.requests.total() == before
    assert runner.status().json["linked"] is False
    assert len(stored.released_of(runner.user)) == 1
    assert not worker.drain()
    assert not stored.grants_of(runner.user)
    assert not runner.trainingpeaks.simulator.live_grants(runner.athlete.id)


@pytest.mark.parametrize("error", TRANSPORT_ERRORS)
@pytest.mark.parametrize("where", ["before the exchange", "after the exchange", "the profile"])
def test_no_answer_from_trainingpeaks(
    aws: Aws, trainingpeaks: ScriptedTrainingPeaks, clock: Clock, where: str, error: type[httpx.TransportError]
) -> None:
    path, done = (PROFILE if where == "the profile" else TOKEN), where == "after the exchange"
    interrupted = Services(aws, InterruptedTransport(trainingpeaks, path, error, done=done), clock)
    athlete, user = new_athlete(), UserId(f"interrupted-{where}-{error.__name__}")
    before = trainingpeaks.requests[TOKEN]

    landing = interrupted.authorised(user, trainingpeaks, athlete)

    assert landing.outcome is Outcome.TRAININGPEAKS_UNAVAILABLE
    assert landing.confirmation_code is None
    assert trainingpeaks.requests[TOKEN] - before == (0 if where == "before the exchange" else 1)
    services = Services(aws, httpx.WSGITransport(trainingpeaks), clock)
    assert services.present(user, services.authorised(user, trainingpeaks, athlete)).link


@pytest.mark.parametrize("error", TRANSPORT_ERRORS)
@pytest.mark.parametrize("done", [True, False])
def test_no_answer_from_trainingpeaks_does_not_stop_an_unlink(
    aws: Aws, trainingpeaks: ScriptedTrainingPeaks, clock: Clock, error: type[httpx.TransportError], *, done: bool
) -> None:
    """Whether or not the grant is over by then, the worker finds out and destroys the tokens."""
    interrupted = Services(aws, InterruptedTransport(trainingpeaks, DEAUTHORISE, error, done=done), clock)
    athlete = new_athlete()
    user = interrupted.linked(trainingpeaks, athlete)
    link = interrupted.link.status(user).link
    assert link

    interrupted.unlink.unlink(user, someone(), in_time())

    assert interrupted.link.status(user).link is None
    left = interrupted.grants.read(link.grant.id)
    assert left
    assert left.released_at == clock.now
    assert len(trainingpeaks.simulator.live_grants(athlete.id)) == (0 if done else 1)
    Services(aws, httpx.WSGITransport(trainingpeaks), clock).revoke.revoke(link.grant.id, someone(), in_time())
    assert not trainingpeaks.simulator.live_grants(athlete.id)
    assert interrupted.grants.read(link.grant.id) is None


def test_real_silence_ends_in_time_and_a_silent_profile_is_read_again(
    new_runner: NewRunner, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    """All at once, for real time passes: 5 seconds until a silent answer is given up."""
    silent, silent_afterwards, silent_profile, dripping = (new_runner() for _ in range(4))
    dripping.linked()
    trainingpeaks.script(DEAUTHORISE, drips(LONGER_THAN_THE_TIMEOUT))
    reads_profile, outcomes = threading.Event(), dict[str, str]()
    trainingpeaks.script(PROFILE, after(reads_profile.set, late(LONGER_THAN_THE_TIMEOUT)))
    trainingpeaks.script(
        TOKEN, as_simulated, late(LONGER_THAN_THE_TIMEOUT, says(200, {})), late(LONGER_THAN_THE_TIMEOUT)
    )

    def come_back(name: str, runner: Runner) -> None:
        outcomes[name] = runner.come_back(runner.allowed()).outcome

    started = time.monotonic()
    threads = [threading.Thread(target=come_back, args=("profile", silent_profile))]
    threads[0].start()
    assert reads_profile.wait(5)
    threads += [threading.Thread(target=come_back, args=(who.user, who)) for who in (silent, silent_afterwards)]
    for thread in threads[1:]:
        thread.start()
    assert _in_a_hurry(dripping, "unlink", "", 22).status == 204
    unlinked_after = time.monotonic() - started
    for thread in threads:
        thread.join()

    assert time.monotonic() - started < LONGER_THAN_THE_TIMEOUT
    assert unlinked_after < 6
    assert outcomes.pop("profile") == "authorized"
    assert set(outcomes.values()) == {"trainingpeaks_unavailable"}
    for who in (silent, silent_afterwards):
        who.linked()
