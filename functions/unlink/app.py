"""`DELETE /v1/trainingpeaks/link`: forgets the link and revokes Kinni's access at TrainingPeaks."""

from typing import TYPE_CHECKING

from account_link import api, wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

KEPT_BACK_SECONDS = 6.0
"""For the last silence of a reply that drips, and for our own answer: the link is gone by then."""


@api.answers_problems
def lambda_handler(event: api.Event, context: "LambdaContext") -> api.Response:
    """Answer 204 whether or not there was a link."""
    user, owner = api.caller(event), api.invocation(context)
    whole = api.deadline(context)
    deadline = whole.earlier(reserve=KEPT_BACK_SECONDS, at_most=whole.left())
    wiring.unlink_service().unlink(user, owner, deadline)
    return api.no_content()


wiring.initialise(wiring.unlink_service)
