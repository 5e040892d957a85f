"""What must be true of a user's items at any time that nobody is working on them, and of all grants in the end."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

import httpx
import pytest

from account_link.errors import ReauthorizationRequiredError
from account_link.models import GrantId, TokenSet, UserId, utc_now
from account_link.token_cipher import TokenCipher
from tests.integration.aws_calls import AwsCalls, Call
from tests.integration.runner import Runner
from tests.integration.scripted_trainingpeaks import DEAUTHORISE, PROFILE, TOKEN
from tests.integration.services import Aws, Clock, Services
from tests.integration.stored import StoredItems
from tests.integration.token_life import announced, counted, in_time, itself, someone

LONG_AFTER = timedelta(hours=1)
"""Longer than any lease, any fence and any attempt lives."""
SUPERSEDED = ("GrantSuperseded", "GrantDestroyed superseded", "GrantDestroyed moved")
LOST = (
    "ExchangeAnswerLost",
    "ExchangeAbandoned",
    "GrantLost",
    "GrantDestroyed unidentified",
    "GrantRevoked ended_already",
    "ReauthorizationRequired",
)
"""How it is counted that tokens never reached us, or were gone before they were stored."""


def is_linked_and_whole(stored: StoredItems, runner: Runner) -> bool:
    """Check that the link, its claim and its tokens are all there or all gone; return whether there is a link."""
    account = stored.account(runner.user)
    claim = stored.claim(runner.athlete.id)
    parked = account.attempt.grant if account.attempt and account.attempt.status == "authorized" else None
    held = [f"GRANT#{grant.id}" for grant in (account.link.grant if account.link else None, parked) if grant]
    assert stored.grants_of(runner.user) == sorted(held)
    if account.link:
        assert (claim["holder"], claim["grant_id"]) == (runner.user, account.link.grant.id)
    else:
        assert claim.get("holder") != runner.user
    return account.link is not None


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Follows every grant of a runner's athlete to its end, on a clock that is past every lease, fence and attempt.

    `arrived` returns the calls of the test that AWS has seen, `printed` what was printed in it.
    """

    runner: Runner
    stored: StoredItems
    aws: Aws
    services: Services
    arrived: Callable[[], list[Call]] = field(repr=False)
    printed: Callable[[], str] = field(repr=False)

    @classmethod
    def of(
        cls, runner: Runner, stored: StoredItems, aws: Aws, aws_calls: AwsCalls, capfd: pytest.CaptureFixture[str]
    ) -> Self:
        """Follow what happens from now on."""
        before = len(aws_calls.arrived())
        services = Services(aws, httpx.WSGITransport(runner.trainingpeaks), Clock(utc_now() + LONG_AFTER))
        return cls(runner, stored, aws, services, lambda: aws_calls.arrived()[before:], lambda: _printed(capfd))

    def check(self, *, lost: int = 0, uncounted: int = 0) -> None:
        """Let the worker look at what was announced, then account for every grant.

        In the table lies nothing but the link's tokens, which work. What else lives at TrainingPeaks is superseded by a
        link, or one of those of which it is expected that they were `lost`; and it was counted, but for so many whose
        counting died or of which nobody heard.
        """
        for path in (TOKEN, PROFILE, DEAUTHORISE):
            self.runner.trainingpeaks.drop_script(path)
        self._drain()
        tokens = self._working_tokens(may_be_lost=bool(lost))
        if lost:
            self._start_again()
        strays = [alive for alive in self._alive() if tokens is None or alive != tokens.access_token]
        counts = counted(self.printed())
        counted_as_lost = sum(counts[name] for name in LOST)
        assert counted_as_lost >= lost
        if tokens is None:
            assert len(strays) == lost
        superseded = sum(counts[name] for name in SUPERSEDED)
        assert len(strays) <= superseded + counted_as_lost + uncounted

    def _drain(self) -> None:
        """Hand every announcement on; none may be left to another time."""
        for grant_id in announced(self.arrived()):
            self.services.revoke.revoke(grant_id, someone(), in_time())

    def _working_tokens(self, *, may_be_lost: bool) -> TokenSet | None:
        """Return the link's tokens, which are all that lies in the table; None where there is no active link."""
        claim, link = self.stored.claim(self.runner.athlete.id), self.stored.account(self.runner.user).link
        if link and link.connection == "active":
            assert (claim["holder"], claim["grant_id"]) == (self.runner.user, link.grant.id)
        assert self._stored_grants() == ({f"GRANT#{claim['grant_id']}"} if "holder" in claim else set())
        if "holder" not in claim:
            return None
        tokens = self._opened(claim["grant_id"])
        if self.runner.trainingpeaks.simulator.works(tokens.access_token, tokens.refresh_token or ""):
            return tokens
        assert may_be_lost
        with pytest.raises(ReauthorizationRequiredError):
            self.services.token_use.run(UserId(claim["holder"]), itself, someone(), in_time())
        return None

    def _opened(self, grant_id: GrantId) -> TokenSet:
        grant = self.services.grants.read(grant_id)
        assert grant
        return TokenCipher(self.aws.kms, self.aws.key_id).open(grant.sealed, grant.user, grant.id)

    def _start_again(self) -> None:
        """Let the next start find out about an exchange that died."""
        self.services.started(UserId(self.runner.user))

    def _alive(self) -> list[str]:
        simulator = self.runner.trainingpeaks.simulator
        return [grant.access_token for grant in simulator.live_grants(self.runner.athlete.id)]

    def _stored_grants(self) -> set[str]:
        """Return the keys of all tokens that lie in the table, whoever authorised them, of those ever put there."""
        puts = [json.loads(call.body)["Item"] for call in self.arrived() if call.operation == "PutItem"]
        keys = sorted({item["pk"]["S"] for item in puts if "sealed" in item})
        if not keys:
            return set()
        name = self.aws.table_name
        found = self.aws.dynamodb.batch_get_item(
            RequestItems={name: {"Keys": [{"pk": {"S": key}} for key in keys], "ConsistentRead": True}}
        )
        assert not found["UnprocessedKeys"]
        return {item["pk"]["S"] for item in found["Responses"][name]}


def _printed(capfd: pytest.CaptureFixture[str]) -> str:
    """Return what was printed, and print it again: what comes last looks for secrets in it."""
    said = capfd.readouterr().out
    sys.stdout.write(said)
    return said
