"""`PUT /v1/trainingpeaks/auto-upload`: sets the auto-upload checkbox."""

from typing import TYPE_CHECKING

from account_link import api, wiring
from account_link.bodies import AutoUploadBody, parse

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@api.answers_problems
def lambda_handler(event: api.Event, _context: "LambdaContext") -> api.Response:
    """Set, not flip; answer what the checkbox is now."""
    user = api.caller(event)
    body = parse(AutoUploadBody, api.body(event))
    wiring.link_service().set_auto_upload(user, enabled=body.enabled)
    return api.json_answer({"auto_upload": body.enabled})


wiring.initialise(wiring.link_service)
