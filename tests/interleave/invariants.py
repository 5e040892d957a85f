"""The eight invariants, each checked by one function here; docs/invariants.md says them in words."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

from tests.interleave import reading
from tests.interleave.aftermath import FUNCTION_TIME_OUT, Evidence, Look
from tests.interleave.aws import CLIENT_SECRET
from tests.interleave.journal import BEFORE

NO_REFRESH_FOR = timedelta(seconds=600 - 60) - FUNCTION_TIME_OUT
"""A token lives 600 seconds and is refreshed up to 60 before its end."""
COUNTED = (
    "GrantDestroyed",
    "GrantSuperseded",
    "GrantLost",
    "RevocationAbandoned",
    "ExchangeAnswerLost",
    "ExchangeAbandoned",
    "ReauthorizationRequired",
    "GrantRevoked ended_already",
)
ENDS_LINK = {"unlink"}
MAKES_LINK = {"confirm", "finish", "journey"}

type Check = Callable[[Evidence], Iterator[str]]


def one_active_link(evidence: Evidence) -> Iterator[str]:
    """1. At most one active link per user and per athlete; its tokens are that athlete's."""
    for table in (evidence.at_once.items, evidence.drained.items):
        active = [link for link in reading.links(table) if link.is_active]
        holders = Counter(link.athlete for link in active)
        yield from (f"athlete {athlete} is linked {n} times" for athlete, n in holders.items() if n > 1)
        held = reading.claims(table)
        linked = {link.athlete: (link.user, link.grant_id) for link in active}
        if held != linked:
            yield f"claims {held} are not the links {linked}"
    for answer in evidence.used:
        linked_to = {link.user: link.athlete for link in reading.links(evidence.drained.items)}
        if answer.status == 200 and answer.document["athlete"] != linked_to[answer.user]:
            yield f"{answer.user} uses the tokens of another athlete"


def only_who_started_confirms(evidence: Evidence) -> Iterator[str]:
    """2. Only the user who started can confirm, only the newest attempt, only with the browser's code."""
    starts = [answer for answer in evidence.run.answers if answer.act == "start" and reading.is_alive(answer)]
    for answer in evidence.run.answers:
        if answer.place == BEFORE or answer.act not in {"confirm", "wrong", "steal"} or answer.status != 200:
            continue
        attempt = answer.document["attempt"]["attempt_id"]
        earlier = [start for start in starts if start.place < answer.place]
        newest = [start.document["attempt_id"] for start in earlier if start.user == answer.user][-1:]
        if answer.act != "confirm" or newest != [attempt]:
            yield f"{answer.act} by {answer.user} was accepted"
        begun = [start.place for start in earlier if start.document["attempt_id"] == attempt]
        if begun and any(min(begun) <= gone < answer.place for gone in reading.unlinks(evidence, answer.user)):
            yield f"{answer.user} confirmed an attempt that an unlink had ended"


def one_exchange_per_attempt(evidence: Evidence) -> Iterator[str]:
    """3. An attempt exchanges at most one code, once."""
    provider = evidence.stage.provider
    sent = [deal.code for deal in provider.deals if deal.what == "exchange"]
    attempts = Counter(provider.codes.get(code) for code in sent)
    yield from (f"{n} codes were exchanged for one attempt" for n in attempts.values() if n > 1)


def every_grant_accounted_for(evidence: Evidence) -> Iterator[str]:
    """4. Active links work; what else is alive is superseded, unidentified or lost, and counted, and stored nowhere."""
    if not evidence.is_drained:
        yield "the queue never runs empty"
    for look in (evidence.at_once, evidence.drained):
        for link in reading.links(look.items):
            yield from _dead_link(evidence, look, link) if link.is_active else ()
    in_use = {link.grant_id for link in reading.links(evidence.drained.items) if link.is_active}
    for left in sorted(reading.grants(evidence.drained.items) - in_use):
        yield f"tokens of {evidence.stage.journal.names.get(left)} lie in the table and are no link's"
    stray = sorted(evidence.drained.live.keys() - reading.used_grants(evidence))
    counted = sum(evidence.metrics[name] for name in COUNTED) + reading.dead_before_counting(evidence)
    if evidence.is_final and len(stray) > counted:
        yield f"{len(stray)} grants are alive and only {counted} were counted"
    if not reading.links(evidence.at_once.items) and not evidence.metrics["Linked"]:
        yield from (f"{name} is alive, nobody superseded it" for name in stray if not reading.is_lost(evidence, name))


def _dead_link(evidence: Evidence, look: Look, link: reading.HeldLink) -> Iterator[str]:
    tokens = reading.tokens(evidence, look, link.grant_id)
    if tokens is None or tokens.refresh_token is None:
        yield f"the active link of {link.user} has no tokens that open"
        return
    grant = evidence.stage.provider.tokens[tokens.refresh_token]
    if look.live.get(grant) == tokens.refresh_token:
        return
    lost = grant in look.live and reading.is_lost(evidence, grant)
    if not lost and not reading.ended_by_provider(evidence, grant):
        yield f"the tokens of the active link of {link.user} are dead"


def one_refresh_per_expiry(evidence: Evidence) -> Iterator[str]:
    """5. One refresh per expiry; a link asks for authorisation only where its tokens are really gone."""
    deals = evidence.stage.provider.deals
    refreshes = [deal for deal in deals if deal.what == "refresh"]
    for first, second in ((a, b) for n, a in enumerate(refreshes) for b in refreshes[n + 1 :] if a.grants == b.grants):
        if first.is_delivered and second.at - first.at < NO_REFRESH_FOR:
            yield f"{second.actor} refreshed {second.at - first.at} after {first.actor}"
    if not evidence.has_crashed:
        stampedes = sum(count > 1 for count in evidence.stage.provider.renewed.values())
        yield from ("a refresh token was used that somebody had used before" for _ in range(stampedes))
    lost = {name for name in evidence.drained.live if reading.is_lost(evidence, name)}
    ended = evidence.metrics["ReauthorizationRequired"]
    by_provider = {name for deal in deals if deal.what == "exchange ended" for name in deal.grants}
    if ended > len(lost) + len(by_provider):
        yield f"{ended} links ask for authorisation, {len(lost)} answers were lost, {len(by_provider)} ended"


def no_tokens_after_unlink(evidence: Evidence) -> Iterator[str]:
    """6. No function that reads the link after an unlink gets tokens."""
    for number, role in enumerate(evidence.run.plan.roles):
        if role.endswith("use"):
            yield from _uses_after_unlink(evidence, f"{number}-{role}", "bob" if role.startswith("bob.") else "ann")
    linked = {link.user for link in reading.links(evidence.drained.items)}
    for answer in evidence.used:
        if answer.user not in linked and answer.tokens:
            yield f"{answer.user} is not linked and gets tokens"


def _uses_after_unlink(evidence: Evidence, actor: str, user: str) -> Iterator[str]:
    account, is_gone, has_seen = reading.USER + user, False, False
    for _, entry in reading.entries(evidence):
        act = entry.actor.rpartition(".")[2].rpartition("-")[2]
        if reading.is_done_to(entry, user):
            is_gone = act in ENDS_LINK or (is_gone and act not in MAKES_LINK)
        if entry.actor == actor and account in entry.call.access.reads:
            has_seen = is_gone
        if entry.actor == actor and entry.call.operation == "profile" and has_seen:
            yield f"{actor} used tokens although it had read that there was no link"


def no_secret_shown(evidence: Evidence) -> Iterator[str]:
    """7. No secret in any log, metric, answer, queue message or readable attribute."""
    provider, run = evidence.stage.provider, evidence.run
    confirmations = {a.document["confirmation_code"] for a in run.answers if "confirmation_code" in a.document}
    states = {person.state for company in [run.company, *run.copies] for person in company.everybody() if person.state}
    tokens = set(provider.tokens) | set(provider.codes) | {CLIENT_SECRET}
    places = {
        "log": evidence.stage.printed.getvalue(),
        "queue": "".join(evidence.stage.queue.sent),
        "table": reading.documents(evidence.drained.items) + reading.documents(evidence.at_once.items),
    }
    for name, text in places.items():
        if any(secret in text for secret in tokens | confirmations | states):
            yield f"a secret is in the {name}"
    answers = "".join(answer.text for answer in run.answers)
    if any(secret in answers for secret in tokens | confirmations):
        yield "a secret is in an answer"


def next_attempt_works(evidence: Evidence) -> Iterator[str]:
    """8. Whatever died where, the user's next attempt works, at the latest one function time-out later."""
    for user, answer in evidence.healed.items():
        if answer.act != "confirm" or answer.status != 200:
            yield f"{user} tried again and got {answer.act} {answer.status} {answer.document}"


def nothing_else_fails(evidence: Evidence) -> Iterator[str]:
    """Beside the eight: no function ends by a bug, and none fails where nothing went wrong."""
    for bug in evidence.run.bugs + evidence.raised:
        yield f"a function ended by {bug!r}"
    if not evidence.has_crashed:
        failed = [answer for answer in evidence.run.answers if answer.status >= 500 and answer.act != "use"]
        yield from (f"{answer.act} answered {answer.status}" for answer in failed)


INVARIANTS: tuple[Check, ...] = (
    one_active_link,
    only_who_started_confirms,
    one_exchange_per_attempt,
    every_grant_accounted_for,
    one_refresh_per_expiry,
    no_tokens_after_unlink,
    no_secret_shown,
    next_attempt_works,
    nothing_else_fails,
)


def violations(evidence: Evidence) -> list[str]:
    """Return what any invariant has against the evidence, by the invariant's name."""
    return [f"{check.__name__}: {found}" for check in INVARIANTS for found in check(evidence)]
