"""`DELETE /v1/trainingpeaks/link`: forgets the link and revokes Kinni's access at TrainingPeaks."""

from typing import TYPE_CHECKING

from account_link import api, wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@api.answers_problems
def lambda_handler(event: api.Event, context: "LambdaContext") -> api.Response:
    """Answer 204 whether or not there was a link."""
    wiring.unlink_service().unlink(api.caller(event), api.deadline(context))
    return api.no_content()
