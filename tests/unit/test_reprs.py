"""Whatever is printed by accident, a log line or a traceback, no secret is in it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_link.authorization import authorization_url
from account_link.callback import Landing
from account_link.callback_query import CallbackQuery
from account_link.exchange import Redeemed
from account_link.models import (
    Account,
    AttemptId,
    AttemptStatus,
    Code,
    ConfirmationCode,
    GrantId,
    InvocationId,
    Outcome,
    Redemption,
    SealedState,
    State,
    TokenSet,
)
from account_link.settings import KeySettings
from account_link.start import Started
from account_link.trainingpeaks import Answer
from account_link.trainingpeaks_replies import TokenReply
from tests.fakes import AUTHORIZED, GRANT, NOW, RUNNER

MARK = "MARK"
AUTHORIZE = authorization_url("https://oauth.trainingpeaks.com", "kinni", "https://api.kinni.example", State(MARK))
REDEMPTION = Redemption(InvocationId("i"), NOW, GrantId("g"), MARK.encode(), MARK.encode())
ATTEMPT = replace(
    AUTHORIZED, state_hash=MARK.encode(), sealed_state=SealedState(MARK.encode()), redemption=REDEMPTION, grant=GRANT
)
ACCOUNT = Account(RUNNER, attempt=ATTEMPT)


@pytest.mark.parametrize(
    "value",
    [
        TokenSet(MARK, MARK, NOW, ("athlete:profile",)),
        REDEMPTION,
        ATTEMPT,
        ACCOUNT,
        Redeemed(ACCOUNT, ATTEMPT, REDEMPTION),
        CallbackQuery(State(MARK), Code(MARK), MARK),
        KeySettings(MARK),
        Landing(Outcome.AUTHORIZED, AttemptId("a"), "https://x", ConfirmationCode(MARK)),
        Started(AttemptId("a"), AttemptStatus.PENDING, AUTHORIZE, NOW),
        Answer(200, MARK.encode()),
        TokenReply.model_validate({"access_token": MARK, "refresh_token": MARK}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_printed_value_shows_no_secret(value: object) -> None:
    assert MARK not in repr(value)
    assert MARK not in str(value)
    assert MARK not in repr([value])


@given(secret=st.text(alphabet="XYZ", min_size=8, max_size=40), salt=st.binary(min_size=8, max_size=40))
def test_no_secret_whatever_it_is_made_of_is_printed(secret: str, salt: bytes) -> None:
    printed = "".join(
        map(
            repr,
            [
                TokenSet(secret, secret, NOW, ()),
                TokenSet(secret, None, NOW, ()),
                Redemption(InvocationId("i"), NOW, GrantId("g"), salt, salt),
                replace(ATTEMPT, state_hash=salt, sealed_state=SealedState(salt)),
                CallbackQuery(State(secret), Code(secret)),
                CallbackQuery(None, None, secret),
            ],
        )
    )

    assert secret not in printed
    assert repr(salt)[2:-1] not in printed


def test_what_is_no_secret_is_printed_for_the_reader() -> None:
    assert "expires_at" in repr(TokenSet(MARK, MARK, NOW, ()))
    assert "attempt-1" in repr(ATTEMPT)
