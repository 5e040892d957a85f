"""`GET /v1/trainingpeaks/callback`: TrainingPeaks' redirect; public; leads back to Kinni."""

from typing import TYPE_CHECKING

from account_link import api, callback_query, pages, wiring
from account_link.callback import UNKNOWN, Landing
from account_link.telemetry import count

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@api.answers_problems
def lambda_handler(event: api.Event, context: "LambdaContext") -> api.Response:
    """Answer a redirect or a page, however the attempt ends."""
    default_return_url = wiring.link_settings().return_urls[0]
    landing = _landing(event, context)
    count("Callback", outcome=landing.outcome or "working")
    return pages.answer(landing, default_return_url)


def _landing(event: api.Event, context: "LambdaContext") -> Landing:
    query = callback_query.read(event.get("rawQueryString", ""))
    if query.state is None:
        return UNKNOWN
    service = wiring.callback_service()
    if query.code is not None:
        owner, deadline = api.invocation(context), api.deadline(context)
        return service.receive_code(query.state, query.code, owner, deadline)
    if query.error is not None:
        return service.receive_error(query.state, query.error)
    return service.receive_malformed(query.state)


wiring.initialise(wiring.link_settings, wiring.callback_service)
