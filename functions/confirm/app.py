"""`POST /v1/trainingpeaks/link`: the signed-in app turns the authorised attempt into the link."""

from typing import TYPE_CHECKING

from account_link import api, wiring
from account_link.bodies import ConfirmBody, parse
from account_link.documents import status_document
from account_link.models import AttemptId, ConfirmationCode

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@api.answers_problems
def lambda_handler(event: api.Event, context: "LambdaContext") -> api.Response:
    """Answer the status document, also when the attempt was confirmed before."""
    user = api.caller(event)
    body = parse(ConfirmBody, api.body(event))
    account = wiring.confirm_service().confirm(
        user,
        AttemptId(body.attempt_id),
        ConfirmationCode(body.confirmation_code),
        api.invocation(context),
    )
    return api.json_answer(status_document(account, wiring.clock()()))


wiring.initialise(wiring.confirm_service)
