"""The pages that people see: home, sign-in, consent, and what is wrong with a request."""

from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for

from local.trainingpeaks.athletes import ATHLETES, PASSWORD, Athlete, athlete_who_signs_in
from local.trainingpeaks.authorization import (
    AuthorizationRequest,
    RefusedRequestError,
    UntrustedRequestError,
    read_request,
)
from local.trainingpeaks.rendering import POLICY, page, redirect
from local.trainingpeaks.scopes import SCOPE_WORDS
from local.trainingpeaks.sessions import consent_token
from local.trainingpeaks.state import current_state

COOKIE: Final = "trainingpeaks_simulator"

pages = Blueprint("pages", __name__)


@pages.get("/")
def home() -> Response:
    """Say what this is and who can sign in."""
    client = current_state().client
    return page("home.html", athletes=ATHLETES, password=PASSWORD, client=client)


@pages.get("/OAuth/Authorize")
def authorize() -> Response:
    """Ask the person in front of the browser, once we know who it is."""
    return _question(read_request(request.args, current_state().client))


@pages.post("/OAuth/Authorize")
def decide() -> Response:
    """Take the answer to the consent page, and ask again if it is not from this browser's present athlete."""
    asked = read_request(request.args, current_state().client)
    athlete = _athlete()
    if athlete is None or request.form.get("consent_token") != consent_token(_session_id(), athlete):
        return _question(asked)
    if request.form.get("decision") != "allow":
        return redirect(asked.answer(error="access_denied"))
    code = current_state().issue_code(athlete, asked.scopes, asked.redirect_uri)
    return redirect(asked.answer(code=code))


@pages.post("/oauth/sign-in")
def sign_in() -> Response:
    """Sign a demo athlete in and go on with the request."""
    asked = read_request(request.args, current_state().client)
    username = request.form.get("username", "")
    athlete = athlete_who_signs_in(username, request.form.get("password", ""))
    if athlete is None:
        return _sign_in_page(asked, username=username, failed=True)
    response = redirect(_link_to(asked))
    session_id = current_state().sessions.sign_in(athlete, _session_id())
    response.set_cookie(COOKIE, session_id, httponly=True, samesite="Lax")
    return response


@pages.post("/oauth/sign-out")
def sign_out() -> Response:
    """Forget who is signed in in this browser and go on with the request."""
    asked = read_request(request.args, current_state().client)
    current_state().sessions.sign_out(_session_id())
    response = redirect(_link_to(asked))
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax")
    return response


@pages.errorhandler(UntrustedRequestError)
def untrusted(error: UntrustedRequestError) -> Response:
    """Tell the person, and never send the browser to an address that is not registered."""
    return page("error.html", 400, title=error.title, detail=error.detail)


@pages.errorhandler(RefusedRequestError)
def refused(error: RefusedRequestError) -> Response:
    """Tell the client."""
    return redirect(error.location)


def _question(asked: AuthorizationRequest) -> Response:
    athlete = _athlete()
    if athlete is None:
        return _sign_in_page(asked)
    # This form ends at the client and wherever that leads next; Chromium applies form-action to each of these
    # redirects, so the page comes without it.
    return page(
        "consent.html",
        policy=POLICY,
        asked=asked,
        athlete=athlete,
        permissions=[SCOPE_WORDS[scope] for scope in asked.scopes],
        consent_token=consent_token(_session_id(), athlete),
    )


def _sign_in_page(asked: AuthorizationRequest, *, username: str = "", failed: bool = False) -> Response:
    return page(
        "sign_in.html",
        403 if failed else 200,
        asked=asked,
        username=username,
        failed=failed,
        athletes=ATHLETES,
        password=PASSWORD,
    )


def _link_to(asked: AuthorizationRequest) -> str:
    return f"{url_for('pages.authorize')}?{urlencode(asked.parameters)}"


def _session_id() -> str:
    return request.cookies.get(COOKIE, "")


def _athlete() -> Athlete | None:
    return current_state().sessions.athlete_in(_session_id())
