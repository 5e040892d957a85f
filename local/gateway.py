"""The SAM CLI's API server over the template, used as a library. Only this module knows the SAM CLI's inside."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from samcli.lib.telemetry.event import EventTracker
from samcli.local.apigw.local_apigw_service import LocalApigwService
from werkzeug.exceptions import BadRequest, HTTPException, InternalServerError, NotFound

if TYPE_CHECKING:
    from pathlib import Path

    from local.runner import InProcessRunner

BODYLESS = frozenset({204, 304})
SAM_CLI_HANDLES = (404, 405, 500)


def api_server(template_file: Path, runner: InProcessRunner, port: int) -> Flask:
    """Return the application that answers the template's routes as API Gateway would, its functions run by `runner`.

    `port` is only told to the functions.
    """
    EventTracker.track_event = staticmethod(_tell_nobody)
    # Its DEBUG messages hold whole events, and it warns about every answer without a body.
    logging.getLogger("samcli").setLevel(logging.ERROR)
    service = LocalApigwService(
        api=_api(template_file), lambda_runner=runner, port=port, host="127.0.0.1", static_dir=None
    )
    service.create()
    app: Flask = service._app  # noqa: SLF001 -- it has no other way to its application
    _answer_as_aws(app)
    return app


def _tell_nobody(*_args: object, **_kwargs: object) -> None:
    """Stand in for the SAM CLI's telemetry, which counts every request."""


def _api(template_file: Path) -> Any:  # noqa: ANN401 -- the SAM CLI has no types
    with warnings.catch_warnings():
        # It calls deprecated functions of its own translator.
        warnings.simplefilter("ignore", DeprecationWarning)
        stacks, _ = SamLocalStackProvider.get_stacks(template_file=str(template_file))
        api = ApiProvider(stacks, cwd=str(template_file.parent)).api
    # It cannot decode every body as text, and answers those with 502. So it passes all on in Base64: see `http_event`.
    api.binary_media_types_set = {"*/*"}
    return api


def _answer_as_aws(app: Flask) -> None:
    app.before_request(_refuse_other_requests)
    app.after_request(_without_body_headers)
    app.register_error_handler(HTTPException, _as_message)
    for status in SAM_CLI_HANDLES:
        app.register_error_handler(status, _as_message)


def _refuse_other_requests() -> None:
    """Refuse what Flask would forgive (a slash too many, HEAD for GET) and what the SAM CLI cannot read."""
    is_api = request.blueprint is None
    path_is_other = request.routing_exception is not None or (is_api and request.path.endswith("/"))
    if path_is_other or (is_api and request.method == "HEAD"):
        raise NotFound
    if not request.query_string.isascii():
        raise BadRequest


def _without_body_headers(response: Response) -> Response:
    if response.status_code in BODYLESS:
        response.headers.pop("Content-Type", None)
    return response


def _as_message(error: HTTPException) -> Response:
    response = jsonify(message=error.name)
    response.status_code = error.code or InternalServerError.code
    return response
