"""One scenario for each way through the functions, with all that it asks of AWS: where a fault can strike."""

from tests.integration import arrangements, token_arrangements
from tests.integration.fault_scenarios import AGAIN, Scenario, do_it_again, do_it_again_later, link_anew
from tests.integration.token_arrangements import DONE, USED

GET, GET_2, GET_3 = "GetItem#1", "GetItem#2", "GetItem#3"
UPDATE, UPDATE_2, UPDATE_3, UPDATE_4, UPDATE_5 = (f"UpdateItem#{number}" for number in range(1, 6))
PUT, DELETE, TRANSACT, TRANSACT_2 = "PutItem#1", "DeleteItem#1", "TransactWriteItems#1", "TransactWriteItems#2"
KEY, OPEN = "GenerateDataKey#1", "Decrypt#1"
ANNOUNCE, DEFER = "SendMessage#1", "ChangeMessageVisibility#1"

STARTS = {
    "start": Scenario(arrangements.new_start, (UPDATE,), "201", link_anew),
    "start-joins": Scenario(arrangements.joining_start, (UPDATE, UPDATE_2), "200", link_anew),
    "start-replaces": Scenario(arrangements.replacing_start, (UPDATE,), "201", link_anew),
    "start-tidies": Scenario(arrangements.tidying_start, (UPDATE, UPDATE_2), "201", link_anew, unseen=(UPDATE_2,)),
}
# A put that fails is repeated: TrainingPeaks gives the tokens once.
CALLBACKS = {
    "callback": Scenario(
        arrangements.callback,
        (UPDATE, KEY, ANNOUNCE, PUT, UPDATE_2),
        "authorized",
        link_anew,
        unseen=(PUT,),
        keeps=PUT,
    ),
    "callback-unpermitted": Scenario(
        arrangements.callback_without_permission,
        (UPDATE, KEY, ANNOUNCE, PUT, UPDATE_2),
        "permission_missing",
        link_anew,
        unseen=(PUT,),
        stuck=(UPDATE_2,),
        keeps=PUT,
    ),
    "callback-refused": Scenario(
        arrangements.refused_callback, (UPDATE, KEY, ANNOUNCE, UPDATE_2), "expired", link_anew, stuck=(UPDATE_2,)
    ),
    "callback-cancelled": Scenario(arrangements.cancelled_callback, (UPDATE,), "cancelled", link_anew),
    "callback-keyless": Scenario(
        arrangements.keyless_callback, (UPDATE, KEY, UPDATE_2), "try_again", link_anew, stuck=(UPDATE_2,)
    ),
    "callback-repeated": Scenario(arrangements.repeated_callback, (UPDATE,), "authorized", link_anew),
    "callback-malformed": Scenario(arrangements.malformed_callback, (GET,), "expired", link_anew),
}
CONFIRMATIONS = {
    "confirm": Scenario(arrangements.confirm, (GET, TRANSACT), "200", do_it_again("200")),
    "confirm-repeated": Scenario(arrangements.repeated_confirm, (GET,), "200", do_it_again("200")),
    "confirm-relinks": Scenario(arrangements.relinking_confirm, (GET, TRANSACT), "200", do_it_again("200")),
    "confirm-wrong": Scenario(
        arrangements.wrong_confirm, (GET, UPDATE), "confirmation_code_wrong", do_it_again("confirmation_code_wrong")
    ),
    "confirm-moves": Scenario(arrangements.moving_confirm, (GET, TRANSACT, TRANSACT_2), "200", do_it_again("200")),
    "confirm-outdated": Scenario(
        arrangements.outdated_confirm,
        (GET, TRANSACT, UPDATE),
        "attempt_not_authorized",
        do_it_again("attempt_not_authorized"),
    ),
}
# With the transaction the link is gone; what fails afterwards is left to the worker.
REVOKING = (UPDATE, OPEN, UPDATE_2, DELETE)
LINKS = {
    "status": Scenario(arrangements.status, (GET,), "200", do_it_again("200")),
    "toggle": Scenario(arrangements.toggle, (UPDATE,), "200", do_it_again("200")),
    "unlink": Scenario(
        arrangements.unlink, (GET, GET_2, ANNOUNCE, TRANSACT, *REVOKING), "204", do_it_again("204"), unseen=REVOKING
    ),
    "unlink-attempt": Scenario(arrangements.unlink_of_an_attempt, (GET, TRANSACT), "204", do_it_again("204")),
}
LOOKING = (GET, GET_2, UPDATE, GET_3, UPDATE_2, UPDATE_3)
"""The grant, its user's account, the release, the account again; then the lease and the fence."""
LOOKS = {
    "revoke": Scenario(
        token_arrangements.look_at_a_released_grant,
        (*LOOKING, OPEN, UPDATE_4, DELETE),
        DONE,
        do_it_again_later(DONE),
    ),
    "revoke-refreshes": Scenario(
        token_arrangements.look_that_refreshes,
        (*LOOKING, OPEN, KEY, UPDATE_4, UPDATE_5, DELETE),
        DONE,
        do_it_again_later(DONE),
        unseen=(UPDATE_4,),
        keeps=UPDATE_4,
    ),
    "revoke-expired": Scenario(
        token_arrangements.look_at_an_expired_attempt,
        (*LOOKING, OPEN, UPDATE_4, DELETE),
        DONE,
        do_it_again_later(DONE),
    ),
    "revoke-in-use": Scenario(token_arrangements.look_at_the_link, (GET, GET_2), DONE, do_it_again(DONE)),
    "revoke-reclaims": Scenario(
        token_arrangements.look_at_the_link_that_was_released, (GET, GET_2, UPDATE), DONE, do_it_again(DONE)
    ),
    "revoke-superseded": Scenario(
        token_arrangements.look_at_a_superseded_grant, (*LOOKING, DELETE), DONE, do_it_again_later(DONE)
    ),
    "revoke-waits": Scenario(
        token_arrangements.look_while_its_user_is_connecting, (GET, GET_2, DEFER), AGAIN, do_it_again(AGAIN)
    ),
}
USES = {
    "use-refreshes": Scenario(
        token_arrangements.use_with_a_refresh,
        (GET, GET_2, UPDATE, KEY, OPEN, UPDATE_2, UPDATE_3),
        USED,
        do_it_again_later(USED),
        unseen=(UPDATE_2, UPDATE_3),
        keeps=UPDATE_2,
    ),
}
SCENARIOS = STARTS | CALLBACKS | CONFIRMATIONS | LINKS | LOOKS | USES
POINTS = [(name, request) for name, scenario in SCENARIOS.items() for request in scenario.requests]
KEYS = [(name, request) for name, request in POINTS if request in {KEY, OPEN}]
WRITES = [(name, request) for name, request in POINTS if "GetItem" not in request and (name, request) not in KEYS]
SINGLE_WRITES = [(name, request) for name, request in WRITES if request.startswith(("Update", "Put", "Delete"))]
TRANSACTIONS = [(name, request) for name, request in WRITES if "Transact" in request]
AFTER_TRAININGPEAKS = [
    ("callback", PUT),
    ("callback-unpermitted", PUT),
    ("callback-refused", UPDATE_2),
    ("unlink", UPDATE_2),
    ("revoke", UPDATE_4),
    ("revoke-refreshes", UPDATE_4),
    ("revoke-refreshes", UPDATE_5),
    ("revoke-expired", UPDATE_4),
    ("use-refreshes", UPDATE_2),
]
"""The points before which TrainingPeaks was asked to do something."""
