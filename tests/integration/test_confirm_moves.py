"""`POST /link`: an athlete belongs to one Kinni user at a time."""

from tests.integration.runner import NewRunner, Runner
from tests.integration.scripted_trainingpeaks import DEAUTHORISE, ScriptedTrainingPeaks, new_athlete
from tests.integration.stored import StoredItems
from tests.integration.worker import Worker


def test_confirming_takes_the_athlete_from_another_user(
    runner: Runner, new_runner: NewRunner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    runner.linked()
    runner.set_auto_upload(enabled=False)
    other = new_runner()
    before = trainingpeaks.requests["/oauth/deauthorize"]

    other.linked(runner.athlete)

    lost, won = runner.status().json, other.status().json
    assert (won["connection"], won["athlete"]["id"], won["auto_upload"]) == ("active", runner.athlete.id, True)
    assert (lost["linked"], lost["connection"]) == (True, "reauthorization_required")
    assert (lost["athlete"]["id"], lost["auto_upload"], lost["token"]) == (runner.athlete.id, False, None)
    assert not stored.grants_of(runner.user)
    assert len(stored.grants_of(other.user)) == 1
    assert stored.claim(runner.athlete.id)["holder"] == other.user
    assert trainingpeaks.requests["/oauth/deauthorize"] == before


def test_the_one_who_lost_the_athlete_may_use_the_checkbox_and_unlink(runner: Runner, new_runner: NewRunner) -> None:
    runner.linked()
    other = new_runner()
    other.linked(runner.athlete)

    assert runner.set_auto_upload(enabled=False).json == {"auto_upload": False}
    assert runner.unlink().status == 204
    assert runner.status().json["linked"] is False
    assert other.status().json["connection"] == "active"


def test_an_athlete_moves_back_and_forth(runner: Runner, new_runner: NewRunner, stored: StoredItems) -> None:
    other = new_runner()
    runner.linked()
    runner.set_auto_upload(enabled=False)
    other.linked(runner.athlete)
    runner.linked()

    assert (runner.status().json["connection"], runner.status().json["auto_upload"]) == ("active", False)
    assert other.status().json["connection"] == "reauthorization_required"
    assert (len(stored.grants_of(runner.user)), len(stored.grants_of(other.user))) == (1, 0)


def test_one_who_must_authorise_again_may_link_another_athlete(runner: Runner, new_runner: NewRunner) -> None:
    runner.linked()
    runner.set_auto_upload(enabled=False)
    new_runner().linked(runner.athlete)
    another = new_athlete()

    runner.linked(another)

    status = runner.status().json
    assert (status["connection"], status["athlete"]["id"]) == ("active", another.id)
    assert status["auto_upload"] is True


def test_a_repeat_by_the_one_who_lost_the_athlete_takes_nothing_back(runner: Runner, new_runner: NewRunner) -> None:
    authorised = runner.linked()
    other = new_runner()
    other.linked(runner.athlete)

    answer = runner.confirm(authorised)

    assert (answer.status, answer.json["connection"]) == (200, "reauthorization_required")
    assert other.status().json["connection"] == "active"


def test_a_grant_older_than_an_unlink_of_its_athlete_is_refused_and_the_next_try_works(
    runner: Runner, new_runner: NewRunner, stored: StoredItems, worker: Worker
) -> None:
    """The unlink may have ended it: we do not know how much TrainingPeaks ends."""
    runner.linked()
    other = new_runner()
    parked = other.authorised(runner.athlete)
    runner.unlink()

    answer = other.confirm(parked)

    assert (answer.status, answer.code) == (409, "attempt_not_authorized")
    assert other.confirm(parked).code == "attempt_not_authorized"
    attempt = other.status().json["attempt"]
    assert (attempt["status"], attempt["error_code"]) == ("failed", "try_again")
    # Nobody can use it any more, and the worker revokes it.
    assert len(stored.grants_of(other.user)) == 1
    assert not worker.drain()
    assert not stored.grants_of(other.user)
    assert not runner.trainingpeaks.simulator.live_grants(runner.athlete.id)
    other.linked(runner.athlete)
    assert other.status().json["connection"] == "active"


def test_a_grant_older_than_a_later_link_of_its_athlete_is_refused_and_the_next_try_works(
    runner: Runner, new_runner: NewRunner, stored: StoredItems, worker: Worker
) -> None:
    parked = runner.authorised()
    other = new_runner()
    other.linked(runner.athlete)

    before = runner.trainingpeaks.requests[DEAUTHORISE]

    answer = runner.confirm(parked)

    assert (answer.status, answer.code) == (409, "attempt_not_authorized")
    assert other.status().json["connection"] == "active"
    # It is superseded: to deauthorise it could end the other's.
    assert len(stored.grants_of(runner.user)) == 1
    assert not worker.drain()
    assert runner.trainingpeaks.requests[DEAUTHORISE] == before
    assert not stored.grants_of(runner.user)
    runner.linked()
    assert runner.status().json["connection"] == "active"
    assert other.status().json["connection"] == "reauthorization_required"
