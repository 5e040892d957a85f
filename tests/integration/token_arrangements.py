"""What comes before each look of the worker, and before a use of tokens that have expired."""

import json
import os
import uuid
from contextlib import closing, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3

from account_link import wiring
from account_link.deadline import Deadline
from account_link.errors import ReauthorizationRequiredError, TryAgainError
from account_link.models import InvocationId, TokenSet, UserId
from local.runtime import LambdaContext
from tests.integration.fault_scenarios import AGAIN, LIFETIME, Act, Rig
from tests.integration.runner import handler
from tests.integration.scripted_trainingpeaks import DEAUTHORISE, says

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

TIMEOUT = timedelta(seconds=29)
USED, DONE, REAUTHORISE = "used", "done", "reauthorise"

type Record = dict[str, Any]


def look_at_a_released_grant(rig: Rig) -> Act:
    """TrainingPeaks was down when it was unlinked."""
    grant_id = _unlinked_in_vain(rig)
    return _look(grant_id)


def look_that_refreshes(rig: Rig) -> Act:
    grant_id = _unlinked_in_vain(rig)
    rig.trainingpeaks.script(DEAUTHORISE, says(401, {}))
    return _look(grant_id)


def look_at_an_expired_attempt(rig: Rig) -> Act:
    rig.runner.authorised()
    (key,) = rig.stored.grants_of(rig.runner.user)
    rig.stored.age(rig.runner.user, LIFETIME)
    return _look(key.removeprefix("GRANT#"))


def look_at_the_link(rig: Rig) -> Act:
    rig.runner.linked()
    return _look(_link(rig))


def look_at_the_link_that_was_released(rig: Rig) -> Act:
    """A worker released it while it was confirmed, and died."""
    rig.runner.linked()
    grant_id = _link(rig)
    _change(rig, grant_id, released_at=1)
    return _look(grant_id)


def look_at_a_superseded_grant(rig: Rig) -> Act:
    grant_id = _unlinked_in_vain(rig)
    rig.runner.linked()
    return _look(grant_id)


def look_while_its_user_is_connecting(rig: Rig) -> Act:
    grant_id = _unlinked_in_vain(rig)
    rig.runner.started()
    return _look(grant_id)


def use_with_a_refresh(rig: Rig) -> Act:
    """The tokens have expired, as far as Kinni knows."""
    rig.runner.linked()
    _change(rig, _link(rig), expires_at=1)
    return lambda: _use(UserId(rig.runner.user))


def _use(user: UserId) -> str:
    """Read the profile, in the place of whatever Kinni needs of TrainingPeaks."""
    deadline = Deadline(TIMEOUT.total_seconds())

    def call(tokens: TokenSet) -> None:
        wiring.trainingpeaks().athlete(tokens, deadline)

    try:
        wiring.token_use().run(user, call, InvocationId(str(uuid.uuid4())), deadline)
    except TryAgainError:
        return AGAIN
    except ReauthorizationRequiredError:
        return REAUTHORISE
    return USED


def _link(rig: Rig) -> str:
    link = rig.stored.account(rig.runner.user).link
    assert link
    return link.grant.id


def _change(rig: Rig, grant_id: str, **parts: int) -> None:
    rig.stored.put((rig.stored.item(f"GRANT#{grant_id}") or {}) | parts)


def _unlinked_in_vain(rig: Rig) -> str:
    rig.runner.linked()
    grant_id = _link(rig)
    rig.trainingpeaks.script(DEAUTHORISE, says(500, {}))
    assert rig.runner.unlink().status == 204
    rig.stored.let_fence_pass(rig.runner.athlete.id)
    return grant_id


def _look(grant_id: str) -> Act:
    """Return a look of the worker at a grant, when its message has come."""
    record = _received(grant_id)

    def look() -> str:
        answer = handler("revoke")({"Records": [record]}, LambdaContext("revoke", TIMEOUT, 512))
        return AGAIN if answer["batchItemFailures"] else DONE

    return look


def _received(grant_id: str) -> Record:
    """Announce the grant without a delay and receive the message; what else comes was announced by earlier tests."""
    queue_url = os.environ["REVOCATION_QUEUE_URL"]
    with closing(boto3.client("sqs")) as sqs:
        # SQS does so once a minute. Looking through thousands of messages would take seconds.
        with suppress(sqs.exceptions.PurgeQueueInProgress):
            sqs.purge_queue(QueueUrl=queue_url)
        sent = sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps({"grant_id": grant_id}))
        while True:
            for message in sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)["Messages"]:
                if message["MessageId"] == sent["MessageId"]:
                    return _record(message)


def _record(message: "MessageTypeDef") -> Record:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {"ApproximateReceiveCount": "1"},
    }
