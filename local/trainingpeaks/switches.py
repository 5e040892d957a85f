"""The switches over HTTP: what goes wrong, and what kind of provider this is."""

import re
from datetime import timedelta
from typing import Annotated, Final, override

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local.loopback import HOST
from local.trainingpeaks.faults import Rule
from local.trainingpeaks.gate import ApiError, answer
from local.trainingpeaks.state import SimulatorState, current_state

LONGEST_LIFE_SECONDS: Final = 31_536_000

_OWN_HOST: Final = re.compile(r"(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?")
_MOST_RULES: Final = 100

switches = Blueprint("switches", __name__)


class Behaviour(BaseModel):
    """What kind of provider the simulator is; a token life of None is the one that it was started with."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    access_token_lifetime_seconds: Annotated[float, Field(ge=0, le=LONGEST_LIFE_SECONDS)] | None = None
    rotates: bool = True
    deauthorize_ends_all: bool = False
    new_grant_ends_older: bool = False

    def set_on(self, state: SimulatorState) -> None:
        """Let the simulator behave so from the next call on."""
        seconds = self.access_token_lifetime_seconds
        state.access_token_lifetime = state.initial_lifetime if seconds is None else timedelta(seconds=seconds)
        state.rotates = self.rotates
        state.deauthorize_ends_all = self.deauthorize_ends_all
        state.new_grant_ends_older = self.new_grant_ends_older


class Switches(Behaviour):
    """Everything that can be set; what is left out is as it was when the simulator started."""

    faults: Annotated[tuple[Rule, ...], Field(max_length=_MOST_RULES)] = ()
    seed: int | None = None

    @override
    def set_on(self, state: SimulatorState) -> None:
        """Replace what is set, from the next call on."""
        super().set_on(state)
        state.faults.replace(self.faults, self.seed)

    def as_json(self) -> dict[str, object]:
        """Return all switches, of each fault only what it does."""
        faults = [rule.model_dump(exclude_defaults=True) for rule in self.faults]
        return self.model_dump(exclude={"faults"}) | {"faults": faults}


def current_switches(state: SimulatorState) -> Switches:
    """Return what is set now."""
    # Not validated: a test may set what HTTP may not.
    return Switches.model_construct(
        access_token_lifetime_seconds=state.access_token_lifetime.total_seconds(),
        rotates=state.rotates,
        deauthorize_ends_all=state.deauthorize_ends_all,
        new_grant_ends_older=state.new_grant_ends_older,
        faults=state.faults.rules,
        seed=state.faults.seed,
    )


def only_from_this_machine() -> None:
    """Refuse whoever is not on this machine, and a foreign page whose host name was pointed here.

    Raises ApiError (403).
    """
    if request.remote_addr != HOST or not _OWN_HOST.fullmatch(request.host):
        raise ApiError(403, {"Message": "The switches are for this machine, at 127.0.0.1 or localhost"})


switches.before_request(only_from_this_machine)
switches.register_error_handler(ApiError, answer)


@switches.get("/faults")
def show_faults() -> Response:
    """Return all switches as they are."""
    return jsonify(current_switches(current_state()).as_json())


@switches.put("/faults")
def set_faults() -> Response:
    """Set all switches; what the body leaves out is as it was at the start.

    The content type must be JSON's: no foreign page can send that here without our consent, which we never give.
    """
    if request.mimetype != "application/json":
        raise ApiError(415, {"Message": "The content type must be application/json"})
    Switches.model_validate_json(request.get_data(), strict=True).set_on(current_state())
    return show_faults()


@switches.delete("/faults")
def clear_faults() -> Response:
    """Put all switches back to how they were at the start."""
    Switches().set_on(current_state())
    return Response(status=204)


@switches.errorhandler(ValidationError)
def unusable(error: ValidationError) -> tuple[Response, int]:
    """Say what is wrong with each member."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return jsonify(Message="The switches cannot be set so", problems=problems), 422
