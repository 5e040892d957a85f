"""One scenario for each way through the functions, with the requests that it asks of DynamoDB."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from tests.integration.aws_calls import AwsCalls
from tests.integration.aws_faults import refused
from tests.integration.runner import Answer, NewRunner, Runner
from tests.integration.scripted_trainingpeaks import TOKEN, ScriptedTrainingPeaks, says
from tests.integration.stored import StoredItems

LIFETIME = timedelta(minutes=15)
ANY_WAIT = timedelta(seconds=60)
"""Longer than a function can run, and than an attempt is joined that was authorised."""

type Act = Callable[[], Answer]


@dataclass(frozen=True, slots=True)
class Rig:
    """What a scenario happens to."""

    runner: Runner
    new_runner: NewRunner
    stored: StoredItems
    trainingpeaks: ScriptedTrainingPeaks
    aws_calls: AwsCalls


@dataclass(frozen=True, slots=True)
class Scenario:
    """`arrange` returns what to do; `well` is what comes of it, and `requests` what it takes.

    `unseen` are requests whose failure is nobody's business, `stuck` those whose failure leaves an exchange behind that
    nobody works on. `again` tells how the user goes on.
    """

    arrange: Callable[[Rig], Act]
    requests: tuple[str, ...]
    well: str
    again: Callable[[Rig, Act], None]
    unseen: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()


def came_of(answer: Answer) -> str:
    """Return the outcome, the problem's code or the status."""
    if answer.target:
        return answer.outcome
    return answer.code if "problem" in answer.headers.get("content-type", "") else str(answer.status)


def is_try_again(answer: Answer) -> bool:
    """Tell whether this is the contract's `try_again`: a problem with 503, or the callback's redirect or page."""
    if answer.target:
        return answer.outcome == "try_again" and answer.status in {303, 503}
    return answer.status == 503 and answer.code == "try_again" and int(answer.headers["retry-after"]) > 0


def link_anew(rig: Rig, _: Act | None = None) -> None:
    """Tap Link TrainingPeaks and walk the whole way, after a while where an attempt is still under way."""
    started = rig.runner.start().json
    if started["authorization_url"] is None:
        rig.stored.age(rig.runner.user, ANY_WAIT)
        started = rig.runner.start().json
    landing = rig.runner.come_back(rig.trainingpeaks.allow(started["authorization_url"], rig.runner.athlete)).landing
    assert landing["outcome"] == "authorized"
    assert rig.runner.present(landing["attempt_id"], landing["confirmation_code"]).status == 200
    assert rig.runner.status().json["connection"] == "active"


def _do_it_again(well: str) -> Callable[[Rig, Act], None]:
    def again(rig: Rig, act: Act) -> None:
        assert came_of(act()) == well
        rig.stored.age(rig.runner.user, LIFETIME)
        rig.runner.unlink()
        link_anew(rig)

    return again


def _new_start(rig: Rig) -> Act:
    return rig.runner.start


def _joining_start(rig: Rig) -> Act:
    rig.runner.start()
    return rig.runner.start


def _replacing_start(rig: Rig) -> Act:
    rig.runner.authorised()
    rig.stored.age(rig.runner.user, LIFETIME)
    return rig.runner.start


def _tidying_start(rig: Rig) -> Act:
    rig.runner.start()
    rig.stored.age(rig.runner.user, LIFETIME)
    key = {"attempt_id": "long-ago", "return_url": "https://kinni.example/connected", "at": 1}
    rig.stored.change_account(rig.runner.user, lambda item: item.update({f"key#{n:032x}": key for n in range(32)}))
    return rig.runner.start


def _callback(rig: Rig) -> Act:
    query = rig.runner.allowed()
    return lambda: rig.runner.come_back(query)


def _refused_callback(rig: Rig) -> Act:
    rig.trainingpeaks.script(TOKEN, says(400, {"error": "invalid_grant"}))
    return _callback(rig)


def _cancelled_callback(rig: Rig) -> Act:
    query = f"error=access_denied&{rig.runner.allowed().partition('&')[2]}"
    return lambda: rig.runner.come_back(query)


def _keyless_callback(rig: Rig) -> Act:
    query = rig.runner.allowed()

    def act() -> Answer:
        with rig.aws_calls.fault("GenerateDataKey", refused) as fault:
            fault.tries = 1  # It may not come to that.
            return rig.runner.come_back(query)

    return act


def _repeated_callback(rig: Rig) -> Act:
    authorised = rig.runner.authorised()
    return lambda: rig.runner.come_back(authorised.query)


def _malformed_callback(rig: Rig) -> Act:
    query = rig.runner.allowed().partition("&")[2]
    return lambda: rig.runner.come_back(query)


def _confirm(rig: Rig) -> Act:
    authorised = rig.runner.authorised()
    return lambda: rig.runner.confirm(authorised)


def _repeated_confirm(rig: Rig) -> Act:
    authorised = rig.runner.linked()
    return lambda: rig.runner.confirm(authorised)


def _relinking_confirm(rig: Rig) -> Act:
    rig.runner.linked()
    return _confirm(rig)


def _wrong_confirm(rig: Rig) -> Act:
    authorised = rig.runner.authorised()
    return lambda: rig.runner.confirm(authorised, code="wrong" * 8)


def _moving_confirm(rig: Rig) -> Act:
    rig.new_runner().linked(rig.runner.athlete)
    return _confirm(rig)


def _outdated_confirm(rig: Rig) -> Act:
    authorised = rig.runner.authorised()
    rig.new_runner().linked(rig.runner.athlete)
    return lambda: rig.runner.confirm(authorised)


def _status(rig: Rig) -> Act:
    rig.runner.linked()
    return rig.runner.status


def _toggle(rig: Rig) -> Act:
    rig.runner.linked()
    return lambda: rig.runner.set_auto_upload(enabled=False)


def _unlink(rig: Rig) -> Act:
    rig.runner.linked()
    return rig.runner.unlink


def _unlink_of_an_attempt(rig: Rig) -> Act:
    rig.runner.authorised()
    return rig.runner.unlink


GET, PUT, TRANSACT, DELETE = "GetItem#1", "PutItem#1", "TransactWriteItems#1", "DeleteItem#1"
UPDATE, UPDATE_2 = "UpdateItem#1", "UpdateItem#2"

SCENARIOS = {
    "start": Scenario(_new_start, (UPDATE,), "201", link_anew),
    "start-joins": Scenario(_joining_start, (UPDATE, UPDATE_2), "200", link_anew),
    "start-replaces": Scenario(_replacing_start, (UPDATE, DELETE), "201", link_anew, unseen=(DELETE,)),
    "start-tidies": Scenario(_tidying_start, (UPDATE, UPDATE_2), "201", link_anew, unseen=(UPDATE_2,)),
    "callback": Scenario(_callback, (UPDATE, PUT, UPDATE_2), "authorized", link_anew),
    "callback-refused": Scenario(_refused_callback, (UPDATE, UPDATE_2), "expired", link_anew, stuck=(UPDATE_2,)),
    "callback-cancelled": Scenario(_cancelled_callback, (UPDATE,), "cancelled", link_anew),
    "callback-keyless": Scenario(_keyless_callback, (UPDATE, UPDATE_2), "try_again", link_anew, stuck=(UPDATE_2,)),
    "callback-repeated": Scenario(_repeated_callback, (UPDATE,), "authorized", link_anew),
    "callback-malformed": Scenario(_malformed_callback, (GET,), "expired", link_anew),
    "confirm": Scenario(_confirm, (GET, TRANSACT), "200", _do_it_again("200")),
    "confirm-repeated": Scenario(_repeated_confirm, (GET,), "200", _do_it_again("200")),
    "confirm-relinks": Scenario(_relinking_confirm, (GET, TRANSACT), "200", _do_it_again("200")),
    "confirm-wrong": Scenario(
        _wrong_confirm, (GET, UPDATE), "confirmation_code_wrong", _do_it_again("confirmation_code_wrong")
    ),
    "confirm-moves": Scenario(_moving_confirm, (GET, TRANSACT, "TransactWriteItems#2"), "200", _do_it_again("200")),
    "confirm-outdated": Scenario(
        _outdated_confirm,
        (GET, TRANSACT, UPDATE, DELETE),
        "attempt_not_authorized",
        _do_it_again("attempt_not_authorized"),
    ),
    "status": Scenario(_status, (GET,), "200", _do_it_again("200")),
    "toggle": Scenario(_toggle, (UPDATE,), "200", _do_it_again("200")),
    "unlink": Scenario(_unlink, (GET, "GetItem#2", TRANSACT), "204", _do_it_again("204")),
    "unlink-attempt": Scenario(_unlink_of_an_attempt, (GET, TRANSACT), "204", _do_it_again("204")),
}
POINTS = [(name, request) for name, scenario in SCENARIOS.items() for request in scenario.requests]
