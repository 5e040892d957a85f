"""`POST /auth`: the same key always leads to the same attempt, as long as it is remembered."""

from datetime import timedelta

import pytest

from tests.integration.aws_calls import AwsCalls, requests
from tests.integration.runner import Runner
from tests.integration.scripted_trainingpeaks import ScriptedTrainingPeaks
from tests.integration.services import RETURN_URLS
from tests.integration.stored import StoredItems

HTTPS, LOOPBACK, APP = RETURN_URLS
LIFETIME = timedelta(minutes=15)


def test_the_same_key_again_answers_the_same(runner: Runner) -> None:
    first = runner.start("tap")
    again = runner.start("tap")

    assert (first.status, again.status) == (201, 200)
    assert again.json == first.json


def test_the_key_that_joined_is_remembered_too(runner: Runner, stored: StoredItems) -> None:
    first = runner.start("one").json
    runner.start("two")
    stored.age(runner.user, LIFETIME)
    runner.start("three")

    answer = runner.start("two")

    assert (answer.status, answer.json["status"]) == (200, "expired")
    assert answer.json["attempt_id"] == first["attempt_id"]


def test_the_same_key_again_extends_nothing(runner: Runner, stored: StoredItems) -> None:
    runner.start("tap")
    stored.age(runner.user, timedelta(minutes=12))

    assert 2.9 < runner.start("tap").minutes_left <= 3


def test_the_same_key_answers_whatever_became_of_the_attempt(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    attempt_id = runner.start("tap").json["attempt_id"]
    query = trainingpeaks.allow(runner.start("tap").json["authorization_url"], runner.athlete)
    landing = runner.come_back(query).landing
    seen = [runner.start("tap").json]
    runner.present(attempt_id, landing["confirmation_code"])
    seen.append(runner.start("tap").json)
    runner.unlink()
    seen.append(runner.start("tap").json)

    assert [answer["status"] for answer in seen] == ["authorized", "linked", "expired"]
    assert {answer["attempt_id"] for answer in seen} == {attempt_id}
    assert {answer["authorization_url"] for answer in seen} == {None}
    assert stored.account(runner.user).attempt is not None


def test_the_key_of_an_earlier_attempt_answers_expired_and_starts_nothing(runner: Runner, stored: StoredItems) -> None:
    first = runner.start("one").json
    stored.age(runner.user, LIFETIME)
    second = runner.start("two").json
    before = stored.account_item(runner.user)

    answer = runner.start("one")

    assert answer.status == 200
    assert answer.json["attempt_id"] == first["attempt_id"]
    assert (answer.json["status"], answer.json["authorization_url"]) == ("expired", None)
    assert answer.minutes_left <= 0
    assert stored.account_item(runner.user) == before
    assert runner.start("two").json == second


def test_a_key_with_another_return_url_is_refused(runner: Runner, stored: StoredItems) -> None:
    runner.start("tap")
    before = stored.account_item(runner.user)
    answer = runner.start("tap", return_url=APP)

    assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert stored.account_item(runner.user) == before
    # The default is the first of them, so saying it is no difference.
    assert runner.start("tap", return_url=HTTPS).status == 200


def test_an_earlier_attempts_key_with_another_return_url_is_refused(runner: Runner, stored: StoredItems) -> None:
    runner.start("one")
    stored.age(runner.user, LIFETIME)
    runner.start("two")

    assert runner.start("one", return_url=APP).code == "idempotency_key_reused"


def test_sixteen_keys_are_remembered_and_older_ones_forgotten(runner: Runner, stored: StoredItems) -> None:
    attempt_ids = []
    for number in range(20):
        attempt_ids.append(runner.start(f"tap-{number}").json["attempt_id"])
        stored.age(runner.user, LIFETIME)
    assert len(set(attempt_ids)) == 20

    remembered = [runner.start(f"tap-{number}").json for number in range(4, 20)]
    forgotten = runner.start("tap-3")

    assert [answer["attempt_id"] for answer in remembered] == attempt_ids[4:]
    assert {answer["status"] for answer in remembered} == {"expired"}
    assert forgotten.status == 201
    assert runner.start("tap-3").json == forgotten.json


def test_a_forgotten_key_may_join(runner: Runner) -> None:
    first = runner.start("tap-0").json
    joined = [runner.start(f"tap-{number}").json for number in [*range(1, 20), 0, 1]]

    assert {answer["attempt_id"] for answer in joined} == {first["attempt_id"]}


@pytest.mark.parametrize("joining", [True, False])
def test_an_account_does_not_grow_with_every_start_nor_a_start_with_the_account(
    runner: Runner, stored: StoredItems, aws_calls: AwsCalls, *, joining: bool
) -> None:
    sizes, counts = [], []
    for number in range(100):
        with aws_calls.heard() as calls:
            answer = runner.start(f"tap-{number}")
        counts.append(len(requests(calls, "dynamodb")))
        sizes.append(len(stored.account(runner.user).keys))
        assert answer.status == (200 if joining and number else 201)
        if not joining:
            stored.age(runner.user, LIFETIME)

    assert max(sizes) <= 33
    assert max(counts) <= 2


def test_a_forgotten_key_costs_no_more_than_two_requests(
    runner: Runner, stored: StoredItems, aws_calls: AwsCalls
) -> None:
    for number in range(32):
        runner.start(f"tap-{number}")
        stored.age(runner.user, LIFETIME)

    with aws_calls.heard() as calls:
        answer = runner.start("tap-0")

    assert answer.status == 201
    assert len(requests(calls, "dynamodb")) <= 2


def test_a_burst_of_very_many_keys_does_not_lock_the_user_out(runner: Runner, stored: StoredItems) -> None:
    """So many starts that all saw the account before any of them joined; the gateway lets 500 through at once."""
    runner.start("tap")
    key = next(part for name, part in stored.account_item(runner.user).items() if name.startswith("key#"))
    stored.change_account(runner.user, lambda item: item.update({f"key#{n:032x}": key for n in range(500)}))

    assert runner.start("a-new-tap").status == 200
    stored.age(runner.user, LIFETIME)
    assert runner.start("another-new-tap").status == 201
