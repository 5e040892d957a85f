"""`DELETE /link`: forgets the link whatever TrainingPeaks says, and ends Kinni's access there."""

from datetime import UTC, datetime

from account_link import items
from tests.integration.aws_calls import AwsCalls, requests
from tests.integration.aws_faults import throttled
from tests.integration.runner import NewRunner, Runner
from tests.integration.scripted_trainingpeaks import (
    ScriptedTrainingPeaks,
    new_athlete,
)
from tests.integration.stored import StoredItems
from tests.integration.worker import Worker


def _live(runner: Runner) -> int:
    return len(runner.trainingpeaks.simulator.live_grants(runner.athlete.id))


def test_it_forgets_the_link_and_ends_access_at_trainingpeaks(runner: Runner, stored: StoredItems) -> None:
    runner.linked()
    assert _live(runner) == 1

    answer = runner.unlink()

    assert (answer.status, answer.text) == (204, "")
    assert answer.headers["cache-control"] == "no-store"
    assert "content-type" not in answer.headers
    status = runner.status().json
    assert (status["linked"], status["connection"], status["athlete"]) == (False, "none", None)
    assert (status["auto_upload"], status["token"], status["scopes"], status["linked_at"]) == (False, None, [], None)
    assert not stored.grants_of(runner.user)
    assert _live(runner) == 0


def test_the_athletes_claim_is_given_up_and_fenced(runner: Runner, stored: StoredItems) -> None:
    runner.linked()
    asked_at = stored.claim(runner.athlete.id)["asked_at"]
    runner.unlink()

    claim = stored.claim(runner.athlete.id)
    assert claim.keys() == {"pk", "fence", "fenced_by", "ttl"}
    assert asked_at < claim["fence"] <= items.milliseconds(datetime.now(UTC))


def test_the_revocation_is_announced_before_the_link_goes(
    runner: Runner, aws_calls: AwsCalls, stored: StoredItems, worker: Worker
) -> None:
    """So that no crash can lose it."""
    runner.linked()
    grant_id = stored.claim(runner.athlete.id)["grant_id"]
    with aws_calls.heard() as calls:
        runner.unlink()

    asked = [call.operation for call in calls]
    assert asked.index("SendMessage") < asked.index("TransactWriteItems") < asked.index("Decrypt")
    assert asked.count("SendMessage") == 1
    assert worker.announced()[-1] == grant_id


def test_a_link_whose_revocation_cannot_be_announced_stays(
    runner: Runner, aws_calls: AwsCalls, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    runner.linked()
    before = trainingpeaks.requests.total(), stored.all_of(runner.user, runner.athlete.id)
    with aws_calls.fault("SendMessage", throttled):
        answer = runner.unlink()

    assert (answer.status, answer.code) == (503, "try_again")
    assert (trainingpeaks.requests.total(), stored.all_of(runner.user, runner.athlete.id)) == before
    assert runner.unlink().status == 204
    assert _live(runner) == 0


def test_an_athletes_name_does_not_outlive_the_link(runner: Runner, stored: StoredItems) -> None:
    runner.linked()
    runner.unlink()

    assert f"Vale {runner.athlete.id}" not in str(stored.account_item(runner.user))


def test_without_a_link_it_is_204_and_writes_nothing(runner: Runner, stored: StoredItems, aws_calls: AwsCalls) -> None:
    with aws_calls.heard() as calls:
        answers = [runner.unlink() for _ in range(2)]

    assert [answer.status for answer in answers] == [204, 204]
    assert requests(calls, "dynamodb") == ["GetItem"] * 2
    assert not stored.account_item(runner.user)


def test_repeating_it_is_harmless(runner: Runner, stored: StoredItems) -> None:
    runner.linked()
    runner.unlink()
    before = stored.all_of(runner.user, runner.athlete.id)

    assert runner.unlink().status == 204
    assert stored.all_of(runner.user, runner.athlete.id) == before


def test_a_pending_attempt_is_ended(runner: Runner, trainingpeaks: ScriptedTrainingPeaks) -> None:
    query = runner.allowed()
    runner.unlink()
    asked = trainingpeaks.requests.total()

    assert runner.status().json["attempt"]["status"] == "expired"
    assert runner.come_back(query).outcome == "expired"
    assert trainingpeaks.requests.total() == asked


def test_an_authorised_attempt_is_ended_and_its_grant_left_to_the_worker(
    runner: Runner, stored: StoredItems, worker: Worker
) -> None:
    authorised = runner.authorised()
    runner.unlink()

    assert runner.confirm(authorised).code == "attempt_expired"
    assert not worker.drain()
    assert not stored.grants_of(runner.user)
    assert _live(runner) == 0


def test_a_link_and_an_attempt_to_authorise_again_end_together(
    runner: Runner, stored: StoredItems, worker: Worker
) -> None:
    runner.linked()
    (links_own,) = stored.grants_of(runner.user)
    again = runner.authorised()
    assert len(stored.grants_of(runner.user)) == 2

    runner.unlink()

    assert links_own not in stored.grants_of(runner.user)
    assert runner.confirm(again).code == "attempt_expired"
    assert runner.status().json["linked"] is False
    assert not worker.drain()
    assert not stored.grants_of(runner.user)
    assert _live(runner) == 0


def test_a_wrong_account_is_unlinked_then_the_right_one_linked(runner: Runner) -> None:
    wrong = new_athlete()
    runner.linked(wrong)
    runner.set_auto_upload(enabled=False)
    runner.unlink()
    runner.linked()

    status = runner.status().json
    assert status["athlete"]["id"] == runner.athlete.id
    assert status["auto_upload"] is True


def test_one_who_must_authorise_again_has_nothing_to_revoke(
    runner: Runner, new_runner: NewRunner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    runner.linked()
    other = new_runner()
    other.linked(runner.athlete)
    before = trainingpeaks.requests.total()

    assert runner.unlink().status == 204
    assert trainingpeaks.requests.total() == before
    assert runner.status().json["linked"] is False
    assert stored.claim(runner.athlete.id)["holder"] == other.user
    assert other.status().json["connection"] == "active"
