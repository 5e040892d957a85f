"""The revocation worker: ends released grants at TrainingPeaks; fed by the revocation queue."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from account_link import api, wiring
from account_link.errors import TryAgainError
from account_link.log import logger
from account_link.models import GrantId
from account_link.revocation import RevocationUnfinishedError
from account_link.telemetry import count

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from account_link.deadline import Deadline
    from account_link.models import InvocationId

type Record = Mapping[str, Any]

ROUND_SECONDS = 20.0
"""A grant is not begun with less time left: a refresh and a deauthorise must fit."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
LONGEST_OWN_WAIT = timedelta(minutes=15)
"""Where our own store or key fails: with 200 tries the message is a dead letter, and alarms, after two days."""
MOST_DOUBLINGS = 10


def lambda_handler(event: api.Event, context: "LambdaContext") -> dict[str, Any]:
    """Answer which messages shall come again; each has been given its time to wait."""
    owner, deadline = api.invocation(context), api.deadline(context)
    again = [record for record in event["Records"] if not _is_done(record, owner, deadline)]
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in again]}


def _is_done(record: Record, owner: "InvocationId", deadline: "Deadline") -> bool:
    """Tell whether the message may go; one that names no grant fails alone, until it is a dead letter."""
    grant_id = _grant_id(record["body"])
    if grant_id is None:
        count("RevocationPostponed", reason="unreadable")
        return False
    try:
        wait = _wait(grant_id, record, owner, deadline)
        if wait is not None:
            wiring.revocation_queue().defer(record["receiptHandle"], wait)
    except TryAgainError:
        # The queue takes no wait: the message comes again when the queue's own time-out is over.
        count("RevocationPostponed", reason="try_again")
        return False
    return wait is None


def _grant_id(body: str) -> GrantId | None:
    """Return the grant that a message names, or None."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return None
    match message:
        case {"grant_id": str(grant_id)} if grant_id:
            return GrantId(grant_id)
    return None


def _wait(grant_id: GrantId, record: Record, owner: "InvocationId", deadline: "Deadline") -> timedelta | None:
    """Return how long to leave the grant, or None where nothing is left to do for it."""
    if deadline.left() < ROUND_SECONDS:
        return FIRST_WAIT
    try:
        wiring.revoke_service().revoke(grant_id, owner, deadline)
    except RevocationUnfinishedError as exc:
        if not exc.tried:
            return exc.wait
        return _postponed("trainingpeaks", grant_id, max(exc.wait, _back_off(record, LONGEST_WAIT)))
    except TryAgainError as exc:
        return _postponed("try_again", grant_id, max(exc.retry_after, _back_off(record, LONGEST_OWN_WAIT)))
    return None


def _postponed(reason: str, grant_id: GrantId, wait: timedelta) -> timedelta:
    """Tell the operators, and return the wait."""
    count("RevocationPostponed", reason=reason)
    seconds = int(wait.total_seconds())
    logger.warning("postponed", extra={"grant_id": grant_id, "reason": reason, "wait_seconds": seconds})
    return wait


def _back_off(record: Record, longest: timedelta) -> timedelta:
    received = int(record["attributes"]["ApproximateReceiveCount"])
    return min(FIRST_WAIT * (1 << min(received - 1, MOST_DOUBLINGS)), longest)


wiring.initialise(wiring.revoke_service, wiring.revocation_queue)
