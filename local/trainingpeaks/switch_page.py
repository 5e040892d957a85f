"""The page on which people set the switches, with forms and without a script."""

import hmac
from typing import Final

from flask import Blueprint, Response, request, url_for
from pydantic import ValidationError

from local.trainingpeaks.fault_form import CALLS, KINDS, FaultForm, in_words
from local.trainingpeaks.faults import LONGEST_WAIT_SECONDS, MOST_CALLS
from local.trainingpeaks.gate import ApiError, answer
from local.trainingpeaks.rendering import page, redirect
from local.trainingpeaks.state import current_state
from local.trainingpeaks.switches import (
    LONGEST_LIFE_SECONDS,
    Behaviour,
    Switches,
    current_switches,
    only_from_this_machine,
)

_STALE: Final = "This form is not from the simulator that runs now; please try again"
_BOXES: Final = ("rotates", "deauthorize_ends_all", "new_grant_ends_older")

switch_page = Blueprint("switch_page", __name__, url_prefix="/fault-switches")


class StaleFormError(Exception):
    """The form was not made by this simulator: another page made it, or an earlier start."""


def require_own_form() -> None:
    """Refuse a form without the token that only a page of this simulator knows.

    Raises StaleFormError.
    """
    given = request.form.get("form_token", "").encode()
    if request.method == "POST" and not hmac.compare_digest(given, current_state().form_token.encode()):
        raise StaleFormError


switch_page.before_request(only_from_this_machine)
switch_page.before_request(require_own_form)
switch_page.register_error_handler(ApiError, answer)


@switch_page.get("")
def show_switches() -> Response:
    """Show what is set and what happened, with forms to change it."""
    return _page()


@switch_page.post("/fault")
def add_fault() -> Response:
    """Add a fault to those that are set."""
    form = FaultForm.model_validate({name: value for name, value in _fields().items() if value})
    current_state().faults.add(form.rule())
    return _back()


@switch_page.post("/behaviour")
def set_behaviour() -> Response:
    """Set what kind of provider this is."""
    fields: dict[str, object] = {**_fields(), **{name: name in request.form for name in _BOXES}}
    Behaviour.model_validate(fields).set_on(current_state())
    return _back()


@switch_page.post("/clear")
def clear_switches() -> Response:
    """Put everything back to how it was at the start."""
    Switches().set_on(current_state())
    return _back()


@switch_page.errorhandler(ValidationError)
def unusable(error: ValidationError) -> Response:
    """Show the form again as it was filled in, with what is wrong."""
    problems = {str(problem["loc"][-1]) if problem["loc"] else "": problem["msg"] for problem in error.errors()}
    return _page(422, problems=problems, filled=_fields())


@switch_page.errorhandler(StaleFormError)
def stale(_: StaleFormError) -> Response:
    """Offer a form that works."""
    return _page(403, problems={"": _STALE})


def _page(
    status: int = 200, *, problems: dict[str, str] | None = None, filled: dict[str, str] | None = None
) -> Response:
    state = current_state()
    switches = current_switches(state)
    return page(
        "fault_switches.html",
        status,
        state=state,
        switches=switches,
        rules=[(CALLS[rule.endpoint], *in_words(rule)) for rule in switches.faults],
        calls=CALLS,
        kinds=KINDS,
        problems=problems or {},
        filled=filled or {},
        longest_wait=LONGEST_WAIT_SECONDS,
        most_calls=MOST_CALLS,
        longest_life=LONGEST_LIFE_SECONDS,
    )


def _fields() -> dict[str, str]:
    return {name: value.strip() for name, value in request.form.items() if name != "form_token"}


def _back() -> Response:
    return redirect(url_for("switch_page.show_switches"), 303)
