"""Promises: what a step is to end in, by the model and by what goes wrong in it."""

from datetime import datetime, timedelta
from typing import Any

from local.trainingpeaks import SimulatorState
from tests.stateful.faults import Trouble
from tests.stateful.model import TOKEN_LIFETIME, Grant, Kinni, Runner

REFRESHED_BEFORE = timedelta(seconds=60)
DOWN = "trainingpeaks_unavailable"
REAUTHORIZE = "reauthorization_required"
READ = "athlete_profile"


def exchanged(
    kinni: Kinni, state: SimulatorState, athlete: int, now: datetime, trouble: Trouble | None
) -> Grant | None:
    """Return what TrainingPeaks gives for a code; None where it does not do its work."""
    if trouble and trouble.endpoint != READ and not trouble.takes_tokens:
        return None
    return kinni.given(athlete, now, ends_older=state.new_grant_ends_older)


def outcome(runner: Runner, grant: Grant | None, trouble: Trouble | None) -> str:
    """Return how a callback ends whose attempt is pending."""
    if trouble and trouble.outcome != "authorized":
        return trouble.outcome
    is_linked = runner.link is not None and runner.link.is_active
    return "different_athlete" if grant and is_linked and not runner.holds(grant.athlete) else "authorized"


def uploaded(runner: Runner, now: datetime, trouble: Trouble | None, *, rotates: bool) -> str | int:
    """Return what comes of a call to TrainingPeaks for a user: the athlete, or the code of the error."""
    if runner.link is None:
        return "not_linked"
    if not runner.link.is_active:
        return REAUTHORIZE
    grant, is_down = runner.link.grant, trouble is not None and trouble.endpoint == READ and trouble.is_seen
    if grant.expires_at <= now + REFRESHED_BEFORE:
        failed = _refreshed(runner, grant, now, trouble, rotates=rotates)
        return failed or (DOWN if is_down else grant.athlete)
    if is_down:
        return DOWN
    return (_refreshed(runner, grant, now, trouble, rotates=rotates) if grant.is_dead else None) or grant.athlete


def _refreshed(runner: Runner, grant: Grant, now: datetime, trouble: Trouble | None, *, rotates: bool) -> str | None:
    """Refresh, and return the code of the error."""
    fault = trouble.fault if trouble and trouble.endpoint != READ else None
    refuses = grant.is_dead and (fault is None or fault.body is not None)
    if refuses and runner.link:
        runner.link.is_active = False
        return REAUTHORIZE
    if fault and trouble:
        grant.is_dead |= trouble.takes_tokens and rotates
        return DOWN
    grant.expires_at = now + TOKEN_LIFETIME
    return None


def holds(shown: dict[str, Any], runner: Runner, now: datetime) -> None:
    """Check the status document."""
    link, attempt = runner.link, runner.attempt
    assert shown["linked"] == (link is not None)
    assert shown["connection"] == runner.connection
    assert shown["auto_upload"] == runner.auto_upload
    assert (shown["athlete"] or {}).get("id") == (link.grant.athlete if link else None)
    token = shown["token"]
    assert (token is None) == (runner.connection != "active")
    assert token is None or link is None or token["valid"] == (link.grant.expires_at > now)
    last = shown["attempt"]
    assert (last is None) == (attempt is None)
    if attempt:
        status = attempt.status_at(now)
        has_error = status in {"cancelled", "failed"}
        told = (last["attempt_id"], last["status"], last["error_code"])
        assert told == (attempt.id, status, attempt.outcome if has_error else None)
