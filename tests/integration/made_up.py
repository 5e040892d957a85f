"""Values for the tests of the stores, all of one moment unless they say otherwise."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from account_link.models import (
    Athlete,
    Attempt,
    AttemptId,
    AttemptStatus,
    Grant,
    GrantId,
    InvocationId,
    Redemption,
    SealedState,
    StartKey,
)

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
STATE_HASH = b"hash of a state"
OWNER, SOMEBODY_ELSE = InvocationId("owner"), InvocationId("somebody-else")

numbers = itertools.count(1)
"""Each of them is used once."""


def an_attempt(status: AttemptStatus = AttemptStatus.PENDING, **parts: Any) -> Attempt:  # noqa: ANN401 -- Attempt's fields
    """Return an attempt that no other test has."""
    made = Attempt(
        id=AttemptId(f"attempt-{next(numbers)}"),
        status=status,
        return_url="https://kinni.example/connected",
        redirect_uri="https://api.example/v1/trainingpeaks/callback",
        expires_at=NOW + timedelta(minutes=15),
        state_hash=STATE_HASH,
        sealed_state=SealedState(b"sealed state"),
    )
    return replace(made, **parts)


def a_key(led_to: Attempt) -> StartKey:
    return StartKey(f"key#{next(numbers)}", led_to.id, led_to.return_url, NOW)


def a_redemption(owner: InvocationId = OWNER, at: datetime = NOW) -> Redemption:
    return Redemption(owner, at, GrantId("redeemed"), b"salt", b"code hash")


def a_grant(athlete_id: int, asked_at: datetime = NOW) -> Grant:
    athlete = Athlete(athlete_id, "Robin", None)
    return Grant(GrantId(f"grant-{next(numbers)}"), athlete, ("athlete:profile", "file:write"), NOW, asked_at)
