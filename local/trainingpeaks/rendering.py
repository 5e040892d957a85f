"""How a page is sent, and how a browser is sent elsewhere."""

from typing import Final

from flask import Response, make_response, render_template

POLICY: Final = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
FORMS_STAY_HERE: Final = "; form-action 'self'"


def page(template: str, status: int = 200, policy: str = POLICY + FORMS_STAY_HERE, **context: object) -> Response:
    """Return a page that runs no script, may not be framed, and whose forms lead nowhere else."""
    response = make_response(render_template(template, **context), status)
    response.headers["Content-Security-Policy"] = policy
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def redirect(location: str, status: int = 302) -> Response:
    """Send the browser to another address, which does not learn where it comes from."""
    return Response(status=status, headers={"Location": location, "Referrer-Policy": "no-referrer"})
