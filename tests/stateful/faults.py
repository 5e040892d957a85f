"""Faults: what may go wrong at the simulator in one step, and what the runner is to see of it."""

from dataclasses import dataclass

from local.trainingpeaks import Fault, SimulatorState
from local.trainingpeaks.faults import Endpoint


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault of the next `times` calls to an endpoint; `outcome` is what it makes of a callback."""

    endpoint: Endpoint
    fault: Fault
    times: int = 1
    outcome: str = "trainingpeaks_unavailable"

    def happen(self, state: SimulatorState) -> None:
        """Set it; what of it does not happen in this step is cleared after it."""
        state.faults.next(self.endpoint, self.fault, self.times)

    @property
    def takes_tokens(self) -> bool:
        """Whether the work is done and its answer never arrives."""
        return self.fault.drop == "after" or self.fault.body is not None or self.fault.after_work

    @property
    def is_seen(self) -> bool:
        """Whether a read, which is tried twice, fails."""
        return self.times > 1


LOST = (
    Fault(drop="after"),
    Fault(body="html"),
    Fault(body="truncated"),
    Fault(body="empty"),
    Fault(status=502, after_work=True),
)
REFUSED = (Fault(drop="before"), Fault(status=503, retry_after_seconds=7), Fault(status=429), Fault(status=500))
TOKEN = tuple(Trouble("token", fault) for fault in LOST + REFUSED)
EXCHANGE = (
    *TOKEN,
    Trouble("exchange", Fault(status=400, error="invalid_grant"), outcome="expired"),
    Trouble("exchange", Fault(status=401, error="invalid_client"), outcome="configuration_error"),
    Trouble("athlete_profile", Fault(drop="before"), outcome="authorized"),
    Trouble("athlete_profile", Fault(status=503), times=2),
    Trouble("athlete_profile", Fault(status=403), outcome="permission_missing"),
    Trouble("athlete_profile", Fault(status=404), outcome="profile_data_missing"),
)
DEAUTHORIZE = tuple(Trouble("deauthorize", fault) for fault in (Fault(drop="after"), *REFUSED))
USE = (*TOKEN, Trouble("athlete_profile", Fault(status=503)), Trouble("athlete_profile", Fault(status=503), times=2))
