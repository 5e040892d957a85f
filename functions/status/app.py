"""`GET /v1/trainingpeaks/status`: the link, its checkbox, its token's clock, the last attempt."""

from typing import TYPE_CHECKING

from account_link import api, wiring
from account_link.documents import status_document

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@api.answers_problems
def lambda_handler(event: api.Event, _context: "LambdaContext") -> api.Response:
    """Answer the status document; reads only."""
    account = wiring.link_service().status(api.caller(event))
    return api.json_answer(status_document(account, wiring.clock()()))


wiring.initialise(wiring.link_service)
