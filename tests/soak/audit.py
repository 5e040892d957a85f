"""Audit: once all is calm and the queue is drained, every grant that is alive at TrainingPeaks has its reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from account_link import items
from account_link.models import Connection, GrantId, Link, TokenSet, UserId
from account_link.token_cipher import SealBrokenError
from tests.soak.acts import Acts, Person
from tests.soak.invocation import GRANT, Invocation
from tests.soak.service import Items, Service
from tests.soak.world import World

USER = "USER#"
ATHLETE = "ATHLETE#"
MOST_ROUNDS = 80
STORMY_ROUNDS = 3
SUPERSEDED = ("GrantDestroyed superseded", "GrantDestroyed moved", "GrantSuperseded")


def audit(acts: Acts, people: list[Person]) -> None:
    """Drain, use what is linked, drain again, and hold everything that is left against the promises."""
    world, service = acts.world, acts.service
    _drain(acts, STORMY_ROUNDS)
    world.calm()
    _drain(acts, MOST_ROUNDS)
    for person in people:
        acts.use(person)
    _drain(acts, MOST_ROUNDS)
    if world.queue.messages:
        world.violate("the queue never runs empty")
    table = service.items(world.keys)
    service.remove(sorted(world.keys))
    for found in Auditor(world, service, table).findings():
        world.violate(found)


def _drain(acts: Acts, rounds: int) -> None:
    for _ in range(rounds):
        moment = acts.world.queue.next_at()
        if moment is None:
            return
        acts.world.clock.move_to(moment)
        acts.work()


@dataclass(frozen=True, slots=True)
class HeldLink:
    """An account's link as it lies in the table."""

    user: str
    link: Link
    tokens: TokenSet | None

    @property
    def is_active(self) -> bool:
        """Whether it can be used."""
        return self.link.connection is Connection.ACTIVE


class Auditor:
    """Reads the table as it lies there, and what every invocation was given, stored and destroyed."""

    def __init__(self, world: World, service: Service, table: Items) -> None:
        self._world = world
        self._service = service
        self._table = {key: _plain(item) for key, item in table.items()}
        self._links = [self._link(key) for key, item in self._table.items() if key.startswith(USER) and "link" in item]

    def findings(self) -> Iterator[str]:
        """Return every promise that was broken."""
        yield from self._one_link_per_athlete()
        yield from self._links_work()
        yield from self._tokens_lie_nowhere_else()
        yield from self._grants_have_reasons()
        yield from self._nobody_asks_in_vain()
        yield from self._no_secret_was_said()

    def _one_link_per_athlete(self) -> Iterator[str]:
        active = {(held.link.grant.athlete.id, held.user, held.link.grant.id) for held in self._links if held.is_active}
        claims = {
            (int(key.removeprefix(ATHLETE)), item["holder"], item["grant_id"])
            for key, item in self._table.items()
            if key.startswith(ATHLETE) and "holder" in item
        }
        if len({athlete for athlete, _, _ in active}) < len(active) or claims != active:
            yield f"links {active}, claims {claims}"

    def _links_work(self) -> Iterator[str]:
        state = self._world.provider.state
        for held in (held for held in self._links if held.is_active):
            tokens = held.tokens
            if tokens is None or tokens.refresh_token is None:
                yield f"the link of {held.user} has no tokens that open"
            elif not state.works(tokens.access_token, tokens.refresh_token):
                name = self._world.provider.owner_of(tokens.refresh_token) or ""
                if name not in state.ended_for_another | self._world.provider.lost:
                    yield f"the tokens of the link of {held.user} are dead"

    def _tokens_lie_nowhere_else(self) -> Iterator[str]:
        in_use = {GRANT + held.link.grant.id for held in self._links if held.is_active}
        left = [key for key in self._table if key.startswith(GRANT) and key not in in_use]
        if left:
            yield f"tokens of {len(left)} grants lie in the table and are no link's"

    def _grants_have_reasons(self) -> Iterator[str]:
        provider = self._world.provider
        alive = {grant.id for grant in provider.live()}
        reasons = {grant: self._reason(grant) for grant in alive}
        for grant, reason in reasons.items():
            self._world.count(f"alive: {reason}")
            if reason.startswith("!"):
                yield f"grant {grant} is alive: {reason}"
        unaccounted = {grant for grant, reason in reasons.items() if reason == "answer lost"}
        expected = provider.lost - provider.state.ended_for_another
        self._world.count("unaccounted grants", len(unaccounted))
        self._world.count("answers lost", provider.answers_lost)
        self._world.count(
            "of them ended by TrainingPeaks itself", len(provider.lost & provider.state.ended_for_another)
        )
        self._world.count("grants given", provider.state.effects["exchange"])
        if unaccounted != expected or len(provider.lost) != provider.answers_lost:
            yield f"{len(unaccounted)} unaccounted grants, {provider.answers_lost} lost answers, {len(expected)} alive"

    def _nobody_asks_in_vain(self) -> Iterator[str]:
        asked = sum(invocation.metrics()["ReauthorizationRequired"] for invocation in self._world.invocations)
        really_gone = self._world.provider.lost | self._world.provider.state.ended_for_another
        if asked > len(really_gone):
            yield f"{asked} links ask for authorisation, and {len(really_gone)} grants are gone"

    def _reason(self, grant: str) -> str:
        """Return why a grant is alive."""
        if grant in set(self._in_use()):
            return "in use"
        if grant in {lost.id for lost in self._world.provider.state.undelivered_grants()}:
            return "answer lost"
        given = [invocation for invocation in self._world.invocations if grant in invocation.given]
        stored = {name for invocation in given for name, kept in invocation.stored.items() if kept == grant}
        if not stored:
            metrics = given[-1].metrics()
            return (
                "unidentified"
                if metrics["GrantDestroyed unidentified"]
                else f"! never stored by {given[-1].function}, {dict(metrics)}"
            )
        return self._destroyed_by([i for i in self._world.invocations if stored & set(i.destroyed)])

    def _destroyed_by(self, invocations: list[Invocation]) -> str:
        if not invocations:
            return "! stored, and not destroyed"
        last = invocations[-1]
        metrics = last.metrics()
        if any(metrics[name] for name in SUPERSEDED):
            return "superseded"
        if last.function == "ConfirmFunction" and last.answers_lost:
            return "superseded, uncounted for an answer of DynamoDB was lost"
        return f"! destroyed by {last.function}, which counted {dict(metrics)}"

    def _in_use(self) -> Iterator[str]:
        """Return the grants whose newest tokens an active link holds."""
        provider = self._world.provider
        for tokens in (held.tokens for held in self._links if held.is_active):
            if tokens and tokens.refresh_token and provider.state.works(tokens.access_token, tokens.refresh_token):
                yield provider.owner_of(tokens.refresh_token) or ""

    def _no_secret_was_said(self) -> Iterator[str]:
        said = "".join([*self._world.queue.sent, *(text for each in self._world.invocations for text in each.output)])
        if any(secret in said for secret in self._world.provider.secrets):
            yield "a secret is in the log, the metrics or the queue"

    def _link(self, key: str) -> HeldLink:
        user, link = key.removeprefix(USER), items.link(self._table[key]["link"])
        return HeldLink(user, link, self._tokens(link.grant.id))

    def _tokens(self, grant_id: GrantId) -> TokenSet | None:
        item = self._table.get(GRANT + grant_id)
        if item is None:
            return None
        stored = items.stored_grant(grant_id, item)
        try:
            return self._service.cipher.open(stored.sealed, UserId(stored.user), stored.id)
        except SealBrokenError:
            return None


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}
