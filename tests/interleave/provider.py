"""Provider: the TrainingPeaks simulator of a schedule, held before every call, and what it gave and ended."""

import copy
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast, override
from urllib.parse import parse_qs

import httpx

from account_link.authorization import SCOPES
from local.trainingpeaks import SimulatorState, create_app
from local.trainingpeaks.athletes import ATHLETES
from local.trainingpeaks.grants import Grant
from tests.interleave.actors import DiedError, Fault, hold, present
from tests.interleave.aws import CLIENT_SECRET
from tests.interleave.calls import TRAININGPEAKS, Access, Call
from tests.interleave.clock import Clock
from tests.interleave.journal import BEFORE, Journal

CLIENT_ID = "kinni-test"
URL = "http://trainingpeaks.invalid"
PEOPLE = {athlete.username: athlete for athlete in ATHLETES}
KEPT = (dict, Counter, list, set)


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the four kinds of provider that TrainingPeaks may be."""

    deauthorize_ends_all: bool = False
    new_grant_ends_older: bool = False

    @property
    def name(self) -> str:
        """Two digits: deauthorise ends all, a new grant ends older ones."""
        return f"{self.deauthorize_ends_all:d}{self.new_grant_ends_older:d}"


KINDS = {kind.name: kind for kind in (Kind(a, b) for a in (False, True) for b in (False, True))}


@dataclass(frozen=True, slots=True)
class Deal:
    """One thing that TrainingPeaks did: who asked, on which of its grants, and whether the answer arrived."""

    what: str
    actor: str
    place: int
    at: datetime
    grants: frozenset[str]
    is_delivered: bool = True
    code: str = ""


class Provider(httpx.BaseTransport):
    """The transport of the client under test; it calls the simulator in process."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        app = create_app(
            client_id=CLIENT_ID, client_secret=CLIENT_SECRET, redirect_uris=None, clock=clock.simulator_now
        )
        self.state = cast("SimulatorState", app.extensions["trainingpeaks"])
        self.deals: list[Deal] = []
        self.renewed: Counter[str] = Counter()
        self.codes: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self._wsgi = httpx.WSGITransport(app)
        self._clock = clock
        self._journal = journal

    def behave(self, kind: Kind) -> None:
        """Be this kind of provider."""
        self.state.deauthorize_ends_all = kind.deauthorize_ends_all
        self.state.new_grant_ends_older = kind.new_grant_ends_older

    def code_for(self, username: str, redirect_uri: str, attempt_id: str) -> str:
        """Let the athlete allow access for an attempt; return the code."""
        code = self.state.issue_code(PEOPLE[username], SCOPES, redirect_uri)
        self.codes[code] = attempt_id
        return code

    def live(self) -> dict[str, Grant]:
        """Return every grant that is alive, by the simulator's id."""
        return {grant.id: grant for athlete in ATHLETES for grant in self.state.live_grants(athlete.id)}

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        call = _call(request)
        fault = hold(call)
        if fault is Fault.DOWN:
            message = "connection refused"
            raise httpx.ConnectError(message)
        response = self._answer(request, call, is_delivered=fault in {None, Fault.PAUSE})
        if fault is Fault.CRASH:
            raise DiedError
        if fault is Fault.PAUSE:
            self._clock.outlive()
        if fault is Fault.LOST:
            message = "connection dropped"
            raise httpx.ReadError(message)
        return response

    def save(self) -> dict[str, Any]:
        """Return the simulator's memory, and what it did so far."""
        memory = {name: copy.copy(part) for name, part in vars(self.state).items() if isinstance(part, KEPT)}
        deals = [replace(deal, place=BEFORE) for deal in self.deals]
        return {"memory": memory, "deals": deals, "codes": dict(self.codes), "tokens": dict(self.tokens)}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go back to a saved memory."""
        vars(self.state).update({name: copy.copy(part) for name, part in saved["memory"].items()})
        self.deals[:] = saved["deals"]
        self.renewed = Counter()
        self.codes, self.tokens = dict(saved["codes"]), dict(saved["tokens"])

    def _answer(self, request: httpx.Request, call: Call, *, is_delivered: bool) -> httpx.Response:
        before = self.live()
        response = self._wsgi.handle_request(request)
        response.read()
        after = self.live()
        self._journal.happened(call, response.status_code)
        for grant in after.values():
            self.tokens |= {grant.access_token: grant.id, grant.refresh_token: grant.id}
        self._note(request, call, before, after, is_delivered=is_delivered)
        return response

    def _note(
        self,
        request: httpx.Request,
        call: Call,
        before: dict[str, Grant],
        after: dict[str, Grant],
        *,
        is_delivered: bool,
    ) -> None:
        actor, place = present(), len(self._journal.entries) - 1
        deal = Deal(call.operation, actor.name if actor else "-", place, self._clock.at, frozenset())
        renewed = {grant.refresh_token for grant in before.values()} - {g.refresh_token for g in after.values()}
        sent = parse_qs(request.content.decode()).get("refresh_token", [""])[0]
        self.renewed[sent] += bool(sent) and (sent in renewed or self.renewed[sent])
        ended = frozenset(before.keys() - after.keys())
        given = frozenset(name for name, grant in after.items() if before.get(name) != grant)
        if ended:
            self.deals.append(replace(deal, what=f"{call.operation} ended", grants=ended))
        if given or call.is_exchange:
            code = parse_qs(request.content.decode()).get("code", [""])[0]
            self.deals.append(replace(deal, grants=given, is_delivered=is_delivered, code=code))


def _call(request: httpx.Request) -> Call:
    operation = request.url.path.rpartition("/")[2]
    place = frozenset([TRAININGPEAKS])
    if operation == "profile":
        return Call(TRAININGPEAKS, operation, Access(reads=place), TRAININGPEAKS)
    if operation == "token":
        grant_type = parse_qs(request.read().decode())["grant_type"][0]
        operation = "exchange" if grant_type == "authorization_code" else "refresh"
    return Call(TRAININGPEAKS, operation, Access(writes=place), TRAININGPEAKS, is_exchange=operation == "exchange")
