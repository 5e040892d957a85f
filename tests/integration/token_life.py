"""The life of tokens between a callback and their end, on a queue that nobody polls: the worker looks when told to."""

import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from werkzeug.wrappers import Response

from account_link import items
from account_link.callback import Landing
from account_link.deadline import Deadline
from account_link.errors import AccessTokenRefusedError
from account_link.models import FENCE, LEASE, GrantId, InvocationId, Link, StoredGrant, TokenSet, UserId
from account_link.refresh import Refresher
from account_link.revocation import RevocationUnfinishedError
from account_link.rotation import Timing, pause
from account_link.token_cipher import TokenCipher
from account_link.token_use import TokenUse
from local.trainingpeaks.athletes import Athlete
from tests.integration.aws_calls import Call
from tests.integration.scripted_trainingpeaks import (
    DEAUTHORISE,
    SCOPES,
    TOKEN,
    Reply,
    ScriptedTrainingPeaks,
    new_athlete,
)
from tests.integration.services import Aws, Clock, Services

A_MOMENT = timedelta(milliseconds=1)
TOKENS_LIVE = timedelta(minutes=10)
PATIENCE_SECONDS = 30


def someone() -> InvocationId:
    return InvocationId(str(uuid.uuid4()))


def a_user() -> UserId:
    return UserId(f"runner-{uuid.uuid4()}")


def in_time() -> Deadline:
    """Return the deadline of a function that has just begun."""
    return Deadline(29)


def itself(tokens: TokenSet) -> TokenSet:
    """Return the tokens that a call would get."""
    return tokens


class Held:
    """A reply that waits, after the call has come, until it may be given."""

    def __init__(self) -> None:
        self.asked, self.may_answer = threading.Event(), threading.Event()

    def __call__(self, ask: Callable[[], Response]) -> Response:
        self.asked.set()
        assert self.may_answer.wait(PATIENCE_SECONDS)
        return ask()

    def has_come(self) -> bool:
        return self.asked.wait(PATIENCE_SECONDS)


def before_answering(meanwhile: Callable[[], object]) -> Reply:
    """Do what was asked, let something happen, and only then answer."""

    def reply(ask: Callable[[], Response]) -> Response:
        answer = ask()
        meanwhile()
        return answer

    return reply


def times_out(_: Callable[[], Response]) -> Response:
    """Give no answer, as the transport within this process knows how to say it."""
    message = "made up"
    raise httpx.ReadTimeout(message)


def times_out_afterwards(ask: Callable[[], Response]) -> Response:
    """Do what was asked and give no answer."""
    ask()
    return times_out(ask)


def counted(printed: str) -> Counter[str]:
    """Return the metrics in what was printed, each by its name and the values of its dimensions."""
    return Counter(_named(json.loads(line)) for line in printed.splitlines() if line.startswith('{"_aws"'))


def announced(calls: Iterable[Call]) -> list[GrantId]:
    """Return the grants that messages in these calls name."""
    sent = [json.loads(call.body) for call in calls if call.operation == "SendMessage"]
    return [GrantId(json.loads(message["MessageBody"])["grant_id"]) for message in sent]


def _named(metric: dict[str, object]) -> str:
    (name,) = [name for name, value in metric.items() if isinstance(value, list)]
    return " ".join([name, *(str(metric[part]) for part in ("how", "reason") if part in metric)])


class TokenLife:
    """One athlete's and any user's tokens, under a clock that a test turns."""

    def __init__(self, aws: Aws, trainingpeaks: ScriptedTrainingPeaks, clock: Clock) -> None:
        queue_url = aws.sqs.create_queue(QueueName=f"unpolled-{uuid.uuid4()}")["QueueUrl"]
        self.services = Services(replace(aws, queue_url=queue_url), httpx.WSGITransport(trainingpeaks), clock)
        self.trainingpeaks = trainingpeaks
        self.clock = clock
        self.athlete = new_athlete()
        self._cipher = TokenCipher(aws.kms, aws.key_id)

    def linked(self, user: UserId | None = None, athlete: Athlete | None = None) -> UserId:
        """Let a user, a new one if nobody is named, walk the whole way."""
        user = user or a_user()
        self.services.present(user, self.authorised(user, athlete))
        return user

    def authorised(self, user: UserId, athlete: Athlete | None = None, *, scopes: Iterable[str] = SCOPES) -> Landing:
        """Let a user start, allow access and come back."""
        return self.services.come_back(self.allowed(user, athlete, scopes=scopes))

    def allowed(self, user: UserId, athlete: Athlete | None = None, *, scopes: Iterable[str] = SCOPES) -> str:
        """Let a user start and allow access; return the query of the redirect."""
        url = self.services.started(user).authorization_url
        assert url
        return self.trainingpeaks.allow(url, athlete or self.athlete, scopes=scopes)

    def link(self, user: UserId) -> Link:
        """Return the user's link."""
        link = self.services.link.status(user).link
        assert link
        return link

    def grant(self, user: UserId) -> StoredGrant:
        """Return what is stored of the link's tokens."""
        return self.stored(self.link(user).grant.id)

    def stored(self, grant_id: GrantId) -> StoredGrant:
        """Return what is stored of tokens that must be there."""
        grant = self.services.grants.read(grant_id)
        assert grant
        return grant

    def redeemed(self, user: UserId) -> GrantId:
        """Return the grant that the user's last callback led to, used or not."""
        attempt = self.services.accounts.read(user).attempt
        assert attempt
        assert attempt.redemption
        return attempt.redemption.grant_id

    def is_stored(self, grant_id: GrantId) -> bool:
        """Tell whether the grant's tokens lie in the table."""
        return self.services.grants.read(grant_id) is not None

    def opened(self, grant_id: GrantId) -> TokenSet:
        """Return the stored tokens in the plain."""
        grant = self.stored(grant_id)
        return self._cipher.open(grant.sealed, grant.user, grant.id)

    def works(self, tokens: TokenSet) -> bool:
        """Tell whether TrainingPeaks knows these very tokens, to be used or refreshed."""
        assert tokens.refresh_token
        return self.trainingpeaks.simulator.works(tokens.access_token, tokens.refresh_token)

    def alive(self) -> list[str]:
        """Return the access tokens of all of the athlete's grants that live at TrainingPeaks."""
        return [grant.access_token for grant in self.trainingpeaks.simulator.live_grants(self.athlete.id)]

    def use[T](self, user: UserId, call: Callable[[TokenSet], T], by: InvocationId | None = None) -> T:
        """Call TrainingPeaks for the user."""
        return self.services.token_use.run(user, call, by or someone(), in_time())

    def use_patiently[T](self, user: UserId, call: Callable[[TokenSet], T], by: InvocationId | None = None) -> T:
        """Do the same, and wait in real time while somebody else refreshes."""
        parts, timing = self.services, Timing(self.clock, pause)
        refresher = Refresher(parts.links, parts.grants, self._cipher, parts.trainingpeaks, timing)
        return TokenUse(refresher, self.clock).run(user, call, by or someone(), in_time())

    def unlink(self, user: UserId) -> None:
        """Forget the user's link."""
        self.services.unlink.unlink(user, someone(), in_time())

    def look(self, grant_id: GrantId, by: InvocationId | None = None) -> None:
        """Let the worker look at a grant."""
        self.services.revoke.revoke(grant_id, by or someone(), in_time())

    def outlive_tokens(self) -> None:
        """Let so much time pass that every access token has expired."""
        self.clock.pass_by(TOKENS_LIVE)

    def fence(self) -> dict[str, object]:
        """Return the athlete's claim as it lies there."""
        return dict(self.services.table.get(items.claim_key(self.athlete.id)) or {})

    def milliseconds(self, later: timedelta = timedelta(0)) -> int:
        """Return the present time, or a later one, as the table keeps it."""
        return items.milliseconds(self.clock.now + later)


class Calls:
    """A call to TrainingPeaks that refuses so many access tokens before it accepts one."""

    def __init__(self, refusals: int) -> None:
        self._refusals = refusals
        self.seen: list[str] = []

    def __call__(self, tokens: TokenSet) -> str:
        self.seen.append(tokens.access_token)
        if len(self.seen) <= self._refusals:
            raise AccessTokenRefusedError
        return "done"


def frozen(life: TokenLife, meanwhile: Callable[[], object], *, unlinked: UserId | None = None) -> None:
    """Let the next refresh be done, and its answer come when the lease is over and something else has happened.

    Whoever is `unlinked` is so while the lease still holds, which leaves the revocation to the worker.
    """

    def freeze() -> None:
        if unlinked:
            life.unlink(unlinked)
        life.clock.pass_by(LEASE)
        meanwhile()

    life.trainingpeaks.script(TOKEN, before_answering(freeze))


def unlinked_in_vain(life: TokenLife, user: UserId | None = None) -> GrantId:
    """Return the grant of a link that went while TrainingPeaks was down, long enough ago for its fence to be over."""
    user = user or life.linked()
    grant_id = life.grant(user).id
    life.trainingpeaks.script(DEAUTHORISE, times_out)
    life.unlink(user)
    life.clock.pass_by(FENCE + A_MOMENT)
    assert life.stored(grant_id).released_at
    return grant_id


def waits(life: TokenLife, grant_id: GrantId) -> timedelta:
    """Return how long the worker leaves the grant, of which it asks TrainingPeaks nothing."""
    before = life.trainingpeaks.requests.copy()
    with pytest.raises(RevocationUnfinishedError) as raised:
        life.look(grant_id)
    assert not raised.value.tried
    assert life.trainingpeaks.requests == before
    return raised.value.wait


def is_unfinished(life: TokenLife, grant_id: GrantId) -> timedelta:
    """Let the worker ask TrainingPeaks in vain; return how long it waits at least."""
    with pytest.raises(RevocationUnfinishedError) as raised:
        life.look(grant_id)
    assert raised.value.tried
    assert life.stored(grant_id).lease is None
    return raised.value.wait
