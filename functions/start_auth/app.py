"""`POST /v1/trainingpeaks/auth`: starts, joins or repeats a connection attempt."""

from http import HTTPStatus
from typing import TYPE_CHECKING

from account_link import api, wiring
from account_link.documents import start_document
from account_link.start import StartRequest

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@api.answers_problems
def lambda_handler(event: api.Event, _context: "LambdaContext") -> api.Response:
    """Answer 201 for a new attempt, 200 for one that was joined or repeated."""
    request = StartRequest(
        user=api.caller(event),
        idempotency_key=api.idempotency_key(event),
        return_url=_return_url(event),
        redirect_uri=api.callback_url(event, wiring.link_settings().callback_url),
    )
    started = wiring.start_service().start(request)
    status = HTTPStatus.CREATED if started.created else HTTPStatus.OK
    return api.json_answer(start_document(started), status)


def _return_url(event: api.Event) -> str | None:
    body = api.body(event)
    if not body:
        return None
    from account_link.bodies import StartBody, parse  # noqa: PLC0415 - most calls have no body

    return parse(StartBody, body).return_url


wiring.initialise(wiring.link_settings, wiring.start_service)
