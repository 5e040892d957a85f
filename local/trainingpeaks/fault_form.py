"""A fault as people fill it in, and as they read it."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from local.trainingpeaks.faults import Endpoint, Fault, Rule

CALLS: Final[dict[Endpoint, str]] = {
    "token": "Exchange and refresh",
    "exchange": "Exchange of a code",
    "refresh": "Refresh",
    "deauthorize": "Deauthorise",
    "athlete_profile": "Athlete's profile",
}

type Kind = Literal["status", "status_after", "drop_before", "drop_after", "html", "truncated", "empty", "late"]

KINDS: Final[dict[Kind, str]] = {
    "status": "Refuse with the status below",
    "status_after": "Do the work, then answer the status below",
    "drop_before": "Close the connection before the work",
    "drop_after": "Do the work, then close the connection",
    "html": "Do the work, then answer HTML",
    "truncated": "Do the work, then answer half of the JSON",
    "empty": "Do the work, then answer nothing",
    "late": "Only be late",
}

_BODIES: Final = {"html": "with HTML", "truncated": "with half of the JSON", "empty": "with an empty body"}
_DROPS: Final = {
    "before": "closes the connection before the work",
    "after": "does the work and closes the connection",
}


class FaultForm(BaseModel):
    """The form's fields; those that the chosen kind has no use for are ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    endpoint: Endpoint
    kind: Kind
    status: int = 503
    retry_after_seconds: int | None = None
    latency_seconds: float = 0
    which: Literal["next", "chance"] = "next"
    times: int = 1
    percent: Annotated[float, Field(gt=0, le=100)] = 10

    def rule(self) -> Rule:
        """Return what the form asks for; raise pydantic.ValidationError for what cannot be."""
        fault = Fault(latency_seconds=self.latency_seconds, **self._what())
        if self.which == "next":
            return Rule(endpoint=self.endpoint, fault=fault, times=self.times)
        return Rule(endpoint=self.endpoint, fault=fault, probability=self.percent / 100)

    def _what(self) -> dict[str, Any]:
        match self.kind:
            case "status" | "status_after":
                after_work = self.kind == "status_after"
                answer = {"status": self.status, "after_work": after_work}
                return answer | {"retry_after_seconds": self.retry_after_seconds}
            case "drop_before" | "drop_after":
                return {"drop": self.kind.removeprefix("drop_")}
            case "late":
                return {}
            case body:
                return {"body": body}


def in_words(rule: Rule) -> tuple[str, str]:
    """Return which calls a rule is for, and what happens to them."""
    return _calls(rule), _happening(rule.fault)


def _calls(rule: Rule) -> str:
    if rule.probability is not None:
        return f"{rule.probability * 100:.4g} % of the calls"
    return "the next call" if rule.times == 1 else f"the next {rule.times} calls"


def _happening(fault: Fault) -> str:
    wait = [f"waits {fault.latency_seconds:g} s"] if fault.latency_seconds else []
    drop = [_DROPS[fault.drop]] if fault.drop else []
    return ", ".join(wait + drop + _answer(fault))


def _answer(fault: Fault) -> list[str]:
    body = _BODIES[fault.body] if fault.body else ""
    if fault.status is None:
        return [f"does the work and answers {body}"] if body else []
    work = "does the work and answers" if fault.after_work else "answers"
    answer = " ".join(filter(None, (work, str(fault.status), fault.error, body)))
    return [answer] if fault.retry_after_seconds is None else [answer, f"Retry-After {fault.retry_after_seconds} s"]
