"""Model: what the API promises a runner to see, in a few rules and without a store, a lease or a retry."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

ATTEMPT_LIFETIME = timedelta(minutes=15)
LEAST_LEFT_AFTER_JOIN = timedelta(minutes=5)
CONFIRMATION_WINDOW = timedelta(minutes=10)
JOINABLE_FOR = timedelta(seconds=60)
UNCLEAR_FOR = timedelta(seconds=29)
TOKEN_LIFETIME = timedelta(seconds=600)
MOST_WRONG_CODES = 5
WAITING = {"pending", "authorized"}


@dataclass
class Grant:
    """What TrainingPeaks gave; dead once TrainingPeaks ended it, or an answer with its newest tokens was lost."""

    athlete: int
    asked_at: datetime
    expires_at: datetime
    is_dead: bool = False


@dataclass
class Attempt:
    """One try to connect."""

    id: str
    state: str
    expires_at: datetime
    status: str = "pending"
    outcome: str = ""
    code: str = ""
    confirmation_code: str = ""
    grant: Grant | None = None
    authorized_at: datetime | None = None
    wrong_codes: int = 0

    def status_at(self, now: datetime) -> str:
        """Return the status with the clock applied."""
        is_over = self.expires_at <= now or self.wrong_codes >= MOST_WRONG_CODES
        return "expired" if self.status in WAITING and is_over else self.status

    def is_joinable(self, now: datetime) -> bool:
        """Tell whether another tap belongs to this attempt."""
        status = self.status_at(now)
        if status == "authorized" and self.authorized_at:
            return now < self.authorized_at + JOINABLE_FOR
        return status == "pending"

    def join(self, now: datetime) -> None:
        """Leave who taps again some time."""
        if self.status == "pending":
            self.expires_at = max(self.expires_at, now + LEAST_LEFT_AFTER_JOIN)

    def park(self, grant: Grant, now: datetime) -> None:
        """Wait for the app."""
        self.grant, self.authorized_at = grant, now
        self.status, self.outcome = "authorized", "authorized"
        self.expires_at = max(self.expires_at, now + CONFIRMATION_WINDOW)

    def end(self, status: str, outcome: str) -> None:
        """End without a link."""
        self.status, self.outcome = status, outcome


@dataclass
class Link:
    """A confirmed grant."""

    grant: Grant
    is_active: bool = True


@dataclass
class Runner:
    """A Kinni user. `keys` leads from each key of the app to the attempt that it was answered with."""

    user: str
    link: Link | None = None
    auto_upload: bool = False
    attempt: Attempt | None = None
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def connection(self) -> str:
        """Return what status calls it."""
        if self.link is None:
            return "none"
        return "active" if self.link.is_active else "reauthorization_required"

    def holds(self, athlete: int) -> bool:
        """Tell whether the athlete is this user's."""
        return self.link is not None and self.link.is_active and self.link.grant.athlete == athlete


@dataclass
class Kinni:
    """All runners, and of each athlete the moment before which no grant is to be confirmed."""

    runners: list[Runner]
    grants: list[Grant] = field(default_factory=list)
    fences: dict[int, datetime] = field(default_factory=dict)

    def given(self, athlete: int, asked_at: datetime, *, ends_older: bool) -> Grant:
        """Return a new grant."""
        if ends_older:
            self.ended(athlete)
        grant = Grant(athlete, asked_at, asked_at + TOKEN_LIFETIME)
        self.grants.append(grant)
        return grant

    def ended(self, athlete: int) -> None:
        """TrainingPeaks has ended the athlete's grants."""
        for grant in self.grants:
            grant.is_dead |= grant.athlete == athlete

    def confirmed(self, runner: Runner, attempt_id: str, code: str, now: datetime) -> int:
        """Confirm, and return the status of the answer."""
        attempt = runner.attempt
        if attempt is None or attempt.id != attempt_id:
            return 404
        status = attempt.status_at(now)
        if status == "expired":
            return 410
        if status not in {"authorized", "linked"}:
            return 409
        if code != attempt.confirmation_code:
            attempt.wrong_codes += status == "authorized"
            return 403
        return 200 if status == "linked" or self._links(runner, attempt) else 409

    def unlinked(self, runner: Runner, now: datetime, *, is_clear: bool) -> None:
        """Unlink; where TrainingPeaks' answer is not clear, the athlete cannot be linked again for a while."""
        if runner.link and runner.link.is_active:
            self.fences[runner.link.grant.athlete] = now if is_clear else now + UNCLEAR_FOR
        if runner.attempt:
            runner.attempt.end("expired", "")
        runner.link, runner.auto_upload = None, False

    def _links(self, runner: Runner, attempt: Attempt) -> bool:
        grant = attempt.grant
        if grant is None or grant.asked_at <= self._too_old(grant.athlete, but=grant):
            attempt.end("failed", "try_again")
            return False
        for other in self.runners:
            if other is not runner and other.link and other.holds(grant.athlete):
                other.link.is_active = False
        if runner.link is None or runner.link.grant.athlete != grant.athlete:
            runner.auto_upload = True
        runner.link, attempt.status = Link(grant), "linked"
        return True

    def _too_old(self, athlete: int, but: Grant) -> datetime:
        held = [runner.link.grant.asked_at for runner in self.runners if runner.link and runner.holds(athlete)]
        return max([*held, self.fences.get(athlete, but.asked_at - UNCLEAR_FOR), but.asked_at - UNCLEAR_FOR])
