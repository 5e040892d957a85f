"""Confirmations, unlinks and checkboxes that meet, on DynamoDB Local."""

from functools import partial

from tests.integration.aws_calls import AwsCalls
from tests.integration.aws_faults import after as after_deciding
from tests.integration.crowd import at_once
from tests.integration.runner import Answer, NewRunner, Runner
from tests.integration.scripted_trainingpeaks import (
    DEAUTHORISE,
    ScriptedTrainingPeaks,
)
from tests.integration.stored import StoredItems
from tests.integration.wholeness import is_linked_and_whole
from tests.integration.worker import Worker

ROUNDS = 8


def test_parallel_confirmations_make_one_link(runner: Runner, stored: StoredItems) -> None:
    authorised = runner.authorised()
    answers = at_once(*[partial(runner.confirm, authorised)] * 20)

    assert {answer.status for answer in answers} == {200}
    assert {answer.json["connection"] for answer in answers} == {"active"}
    assert is_linked_and_whole(stored, runner)
    assert stored.account(runner.user).generation == 1


def test_parallel_wrong_codes_are_each_counted(runner: Runner, stored: StoredItems) -> None:
    authorised = runner.authorised()
    answers = at_once(*[partial(runner.confirm, authorised, code="wrong" * 8)] * 4)

    assert {answer.status for answer in answers} == {403}
    assert stored.account_item(runner.user)["attempt"]["wrong_codes"] == 4


def test_parallel_guesses_get_no_further_than_five(runner: Runner, aws_calls: AwsCalls) -> None:
    """A guess and 5 wrong codes at once: the right one may win, but not after 5 were counted."""
    authorised = runner.authorised()

    def spoil() -> None:
        for _ in range(5):
            assert runner.confirm(authorised, code="wrong" * 8).status == 403

    with aws_calls.fault("TransactWriteItems", after_deciding(spoil)):
        answer = runner.confirm(authorised)

    assert answer.code == "attempt_expired"
    assert runner.status().json["linked"] is False


def test_an_unlink_and_a_confirmation_at_once(runner: Runner, stored: StoredItems, worker: Worker) -> None:
    for _ in range(ROUNDS):
        authorised = runner.authorised()
        confirmed, unlinked = at_once(partial(runner.confirm, authorised), runner.unlink)

        assert confirmed.status in {200, 410}
        assert unlinked.status == 204
        assert not worker.drain()
        assert is_linked_and_whole(stored, runner) == runner.status().json["linked"]
        if confirmed.status == 410:
            assert not runner.status().json["linked"]
        runner.unlink()


def test_an_unlink_and_a_confirmation_of_a_linked_user_at_once(
    runner: Runner, stored: StoredItems, worker: Worker
) -> None:
    for _ in range(ROUNDS):
        runner.linked()
        authorised = runner.authorised()
        confirmed, unlinked = at_once(partial(runner.confirm, authorised), runner.unlink)

        assert (confirmed.status, unlinked.status) in {(200, 204), (410, 204)}
        assert not worker.drain()
        assert not is_linked_and_whole(stored, runner)


def test_a_start_and_an_unlink_at_once(runner: Runner, stored: StoredItems) -> None:
    for linked in [True, False] * (ROUNDS // 2):
        if linked:
            runner.linked()
        started, unlinked = at_once(runner.start, runner.unlink)

        assert started.status == 201
        assert unlinked.status == 204
        assert not is_linked_and_whole(stored, runner)
        assert runner.start().status in {200, 201}
        runner.unlink()


def test_a_start_between_an_unlinks_read_and_its_write_is_ended_too(
    runner: Runner, stored: StoredItems, aws_calls: AwsCalls
) -> None:
    runner.linked()
    started: list[Answer] = []
    with aws_calls.fault("TransactWriteItems", after_deciding(lambda: started.append(runner.start()))):
        assert runner.unlink().status == 204

    assert started[0].status == 201
    assert runner.status().json["attempt"]["status"] == "expired"
    assert not is_linked_and_whole(stored, runner)


def test_parallel_unlinks_all_end_well_and_revoke(
    runner: Runner, stored: StoredItems, trainingpeaks: ScriptedTrainingPeaks
) -> None:
    runner.linked()
    before = trainingpeaks.requests[DEAUTHORISE]
    answers = at_once(*[runner.unlink] * 10)

    assert {answer.status for answer in answers} == {204}
    assert trainingpeaks.requests[DEAUTHORISE] == before + 1
    assert not trainingpeaks.simulator.live_grants(runner.athlete.id)
    assert not is_linked_and_whole(stored, runner)


def test_two_users_who_confirm_one_athlete_at_once_leave_one_link(
    runner: Runner, new_runner: NewRunner, stored: StoredItems, worker: Worker
) -> None:
    for _ in range(ROUNDS):
        other = new_runner()
        older, newer = runner.authorised(), other.authorised(runner.athlete)
        first, second = at_once(*[partial(runner.confirm, older), partial(other.confirm, newer)])

        assert (first.status, second.status) in {(200, 200), (409, 200)}
        assert other.status().json["connection"] == "active"
        assert runner.status().json["connection"] in {"none", "reauthorization_required"}
        assert stored.claim(runner.athlete.id)["holder"] == other.user
        assert not worker.drain()
        assert not stored.grants_of(runner.user)
        assert len(stored.grants_of(other.user)) == 1
        other.unlink()
        runner.unlink()


def test_two_users_who_take_one_athlete_from_a_third_at_once_leave_one_link(
    runner: Runner, new_runner: NewRunner, stored: StoredItems, worker: Worker
) -> None:
    runner.linked()
    others = [new_runner() for _ in range(4)]
    parked = [(other, other.authorised(runner.athlete)) for other in others]
    answers = at_once(*[partial(who.confirm, authorised) for who, authorised in parked])

    assert {answer.status for answer in answers} <= {200, 409, 503}
    assert 200 in {answer.status for answer in answers}
    active = [who for who in (runner, *others) if who.status().json["connection"] == "active"]
    assert len(active) == 1
    assert stored.claim(runner.athlete.id)["holder"] == active[0].user
    worker.drain()
    assert [who for who in (runner, *others) if stored.grants_of(who.user)] == _parked_or_linked(stored, runner, others)


def _parked_or_linked(stored: StoredItems, runner: Runner, others: list[Runner]) -> list[Runner]:
    def holds(who: Runner) -> bool:
        account = stored.account(who.user)
        parked = account.attempt is not None and account.attempt.status == "authorized"
        return parked or (account.link is not None and account.link.connection == "active")

    return [who for who in (runner, *others) if holds(who)]


def test_a_confirmation_elsewhere_and_an_unlink_of_the_same_athlete_at_once(
    runner: Runner, new_runner: NewRunner, stored: StoredItems, worker: Worker
) -> None:
    for _ in range(ROUNDS):
        other = new_runner()
        runner.linked()
        parked = other.authorised(runner.athlete)
        unlinked, confirmed = at_once(runner.unlink, partial(other.confirm, parked))

        assert unlinked.status == 204
        assert confirmed.status in {200, 409}
        assert runner.status().json["linked"] is False
        assert not worker.drain()
        assert not stored.grants_of(runner.user)
        is_linked = other.status().json["connection"] == "active"
        assert is_linked == (confirmed.status == 200) == bool(stored.grants_of(other.user))
        assert (stored.claim(runner.athlete.id).get("holder") == other.user) == is_linked
        other.unlink()


def test_parallel_toggles_are_each_answered_and_harm_nothing(runner: Runner, stored: StoredItems) -> None:
    runner.linked()
    values = [True, False] * 15
    answers = at_once(*[partial(runner.set_auto_upload, enabled=value) for value in values])

    assert [(answer.status, answer.json["auto_upload"]) for answer in answers] == [(200, value) for value in values]
    assert isinstance(runner.status().json["auto_upload"], bool)
    assert is_linked_and_whole(stored, runner)


def test_a_toggle_and_an_unlink_at_once_leave_no_checkbox(runner: Runner, stored: StoredItems) -> None:
    for _ in range(ROUNDS):
        runner.linked()
        toggled, unlinked = at_once(partial(runner.set_auto_upload, enabled=False), runner.unlink)

        assert toggled.status in {200, 404}
        assert unlinked.status == 204
        assert "auto_upload" not in stored.account_item(runner.user)
