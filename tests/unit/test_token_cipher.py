"""Sealed tokens: open for their own grant and nobody else's, and break cleanly."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber
from hypothesis import assume, example, given
from hypothesis import strategies as st
from moto import mock_aws

from account_link.errors import TryAgainError
from account_link.models import GrantId, SealedTokens, TokenSet, UserId
from account_link.token_cipher import LENGTH_BYTES, PURPOSE, VERSION, SealBrokenError, TokenCipher
from tests.fakes import GRANT, NOW, RUNNER, TOKENS
from tests.unit.strategies import anything, thrifty, tokens, users

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

KEY_ID_AT = len(VERSION) + LENGTH_BYTES
KEY_ID_LENGTH = 36
"""A wrapped key begins with the name of the key that wrapped it; under a wrong name KMS refuses the caller."""
NEEDS_AN_OPERATOR = [
    "AccessDeniedException",
    "DisabledException",
    "KMSInvalidStateException",
    "NotFoundException",
]
"""The key is disabled, scheduled for deletion or out of reach: no later try succeeds by itself."""
OTHERS = [
    "DependencyTimeoutException",
    "IncorrectKeyException",
    "InvalidKeyUsageException",
    "KMSInternalException",
    "KeyUnavailableException",
    "ThrottlingException",
]
REFUSALS = NEEDS_AN_OPERATOR + OTHERS
FAULTS: list[BotoCoreError] = [
    ConnectTimeoutError(endpoint_url="https://kms"),
    EndpointConnectionError(endpoint_url="https://kms"),
    ReadTimeoutError(endpoint_url="https://kms"),
]


@pytest.fixture(scope="module")
def kms() -> Iterator["KMSClient"]:
    with mock_aws():
        client = boto3.client("kms")
        yield client
        client.close()


@pytest.fixture(scope="module")
def key_id(kms: "KMSClient") -> str:
    return kms.create_key()["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def cipher(kms: "KMSClient", key_id: str) -> TokenCipher:
    return TokenCipher(kms, key_id)


def sealed_by(cipher: TokenCipher, pair: TokenSet = TOKENS, user: UserId = RUNNER) -> SealedTokens:
    return cipher.data_key(user, GRANT.id).seal(pair)


@pytest.fixture(scope="module")
def sealed(cipher: TokenCipher) -> SealedTokens:
    return sealed_by(cipher)


@thrifty
@given(pair=tokens, user=users)
def test_tokens_come_back_as_they_were(cipher: TokenCipher, pair: TokenSet, user: UserId) -> None:
    assert cipher.open(sealed_by(cipher, pair, user), user, GRANT.id) == pair


@thrifty
@given(text=anything)
def test_a_token_may_be_made_of_anything(cipher: TokenCipher, text: str) -> None:
    pair = TokenSet(text, text, NOW, (text,))

    assert cipher.open(sealed_by(cipher, pair), RUNNER, GRANT.id) == pair


def test_tokens_of_16_kilobytes_each_fit(cipher: TokenCipher) -> None:
    pair = replace(TOKENS, access_token="a" * 16 * 1024, refresh_token="€" * 16 * 1024)

    assert cipher.open(sealed_by(cipher, pair), RUNNER, GRANT.id) == pair


def test_an_expiry_keeps_its_milliseconds(cipher: TokenCipher) -> None:
    for milliseconds in range(0, 1000, 37):
        pair = replace(TOKENS, expires_at=NOW + timedelta(milliseconds=milliseconds))
        assert cipher.open(sealed_by(cipher, pair), RUNNER, GRANT.id) == pair


@thrifty
@given(user=users, grant=st.text(min_size=1, max_size=20).map(GrantId))
@example(user=UserId("runner-10"), grant=GRANT.id)
@example(user=UserId("RUNNER-1"), grant=GRANT.id)
@example(user=RUNNER, grant=GrantId("grant-2"))
@example(user=UserId(GRANT.id), grant=GrantId(RUNNER))
def test_tokens_open_only_for_the_same_user_and_grant(
    cipher: TokenCipher, sealed: SealedTokens, user: UserId, grant: GrantId
) -> None:
    assume((user, grant) != (RUNNER, GRANT.id))

    with pytest.raises(SealBrokenError):
        cipher.open(sealed, user, grant)


def test_tokens_wrapped_by_another_service_do_not_open(kms: "KMSClient", key_id: str, cipher: TokenCipher) -> None:
    """Each part of the context is KMS's business too, not only AES-GCM's."""
    context = {"user": RUNNER, "purpose": "another", "grant": GRANT.id}
    wrapped = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256", EncryptionContext=context)["CiphertextBlob"]
    forged = VERSION + len(wrapped).to_bytes(LENGTH_BYTES) + wrapped + bytes(60)

    with pytest.raises(SealBrokenError):
        cipher.open(SealedTokens(forged), RUNNER, GRANT.id)


def test_a_changed_byte_anywhere_breaks_the_seal(cipher: TokenCipher, sealed: SealedTokens) -> None:
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 0x5A
        broken: tuple[type[Exception], ...] = (SealBrokenError,)
        if 0 <= place - KEY_ID_AT < KEY_ID_LENGTH:
            broken += (TryAgainError,)
        with pytest.raises(broken):
            cipher.open(SealedTokens(bytes(changed)), RUNNER, GRANT.id)


@pytest.mark.parametrize("length", [0, 1, 2, 3, 14, 15, 16, 40, 98, 99, 110, 111, 112, 126, 127, 128, -17, -16, -2, -1])
def test_tokens_cut_short_break_the_seal(cipher: TokenCipher, sealed: SealedTokens, length: int) -> None:
    with pytest.raises(SealBrokenError):
        cipher.open(SealedTokens(sealed[:length]), RUNNER, GRANT.id)


@thrifty
@given(cut=st.integers(0, 500), more=st.binary(max_size=20))
def test_tokens_cut_or_added_to_break_the_seal(
    cipher: TokenCipher, sealed: SealedTokens, cut: int, more: bytes
) -> None:
    changed = sealed[:cut] + more
    assume(changed != sealed)

    with pytest.raises(SealBrokenError):
        cipher.open(SealedTokens(changed), RUNNER, GRANT.id)


@thrifty
@given(raw=st.binary(max_size=200), length=st.integers(0, 200))
def test_any_bytes_break_the_seal_and_nothing_worse(cipher: TokenCipher, raw: bytes, length: int) -> None:
    for broken in (raw, VERSION + raw, VERSION + length.to_bytes(LENGTH_BYTES) + raw):
        with pytest.raises((SealBrokenError, TryAgainError)):
            cipher.open(SealedTokens(broken), RUNNER, GRANT.id)


def test_what_is_sealed_shows_no_token(cipher: TokenCipher, sealed: SealedTokens) -> None:
    again = sealed_by(cipher)

    for plain in (TOKENS.access_token, str(TOKENS.refresh_token), RUNNER, "athlete:profile"):
        assert plain.encode() not in sealed + again


def test_each_seal_has_a_key_and_a_nonce_of_its_own(cipher: TokenCipher) -> None:
    key = cipher.data_key(RUNNER, GRANT.id)
    same_key = key.seal(TOKENS), key.seal(TOKENS)
    new_key = sealed_by(cipher)

    assert len({*same_key, new_key}) == 3
    wrapped = {seal[: KEY_ID_AT + 96] for seal in same_key}
    assert len(wrapped) == 1
    assert new_key[: KEY_ID_AT + 96] not in wrapped


def test_kms_is_told_whose_tokens_for_what_purpose_and_which_grant(kms: "KMSClient", key_id: str) -> None:
    context = {"user": RUNNER, "purpose": PURPOSE, "grant": GRANT.id}
    answer = {"Plaintext": bytes(32), "CiphertextBlob": b"wrapped", "KeyId": key_id}
    with Stubber(kms) as stubber:
        asked = {"KeyId": key_id, "KeySpec": "AES_256", "EncryptionContext": context}
        stubber.add_response("generate_data_key", answer, asked)
        sealed = sealed_by(TokenCipher(kms, key_id))
        asked_back = {"KeyId": key_id, "CiphertextBlob": b"wrapped", "EncryptionContext": context}
        stubber.add_response("decrypt", {"Plaintext": bytes(32), "KeyId": key_id}, asked_back)
        assert TokenCipher(kms, key_id).open(sealed, RUNNER, GRANT.id) == TOKENS
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusing_kms_means_try_again(kms: "KMSClient", key_id: str, sealed: SealedTokens, code: str) -> None:
    cipher = TokenCipher(kms, key_id)
    with Stubber(kms) as stubber:
        stubber.add_client_error("generate_data_key", code)
        stubber.add_client_error("decrypt", code)
        with pytest.raises(TryAgainError):
            cipher.data_key(RUNNER, GRANT.id)
        with pytest.raises(TryAgainError):
            cipher.open(sealed, RUNNER, GRANT.id)


@pytest.mark.parametrize("code", REFUSALS)
def test_a_key_that_needs_an_operator_is_counted_for_the_alarm(
    kms: "KMSClient", key_id: str, sealed: SealedTokens, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cipher = TokenCipher(kms, key_id)
    calls: dict[str, Callable[[GrantId], object]] = {
        "generate_data_key": partial(cipher.data_key, RUNNER),
        "decrypt": partial(cipher.open, sealed, RUNNER),
    }
    with Stubber(kms) as stubber:
        for operation, call in calls.items():
            stubber.add_client_error(operation, code)
            with pytest.raises(TryAgainError):
                call(GRANT.id)

    printed = map(json.loads, capsys.readouterr().out.splitlines())
    assert sum("KeyRefused" in line for line in printed) == (2 if code in NEEDS_AN_OPERATOR else 0)


def test_kms_not_knowing_the_wrapped_key_means_a_broken_seal(
    kms: "KMSClient", key_id: str, sealed: SealedTokens
) -> None:
    with Stubber(kms) as stubber:
        stubber.add_client_error("decrypt", "InvalidCiphertextException")
        with pytest.raises(SealBrokenError):
            TokenCipher(kms, key_id).open(sealed, RUNNER, GRANT.id)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_an_unreachable_kms_means_try_again(key_id: str, sealed: SealedTokens, fault: BotoCoreError) -> None:
    def unreachable(**_: object) -> None:
        raise fault

    client = boto3.client("kms", config=Config(retries={"total_max_attempts": 1}))
    client.meta.events.register_first("before-send", unreachable)
    cipher = TokenCipher(client, key_id)

    for call in (partial(cipher.data_key, RUNNER), partial(cipher.open, sealed, RUNNER)):
        with pytest.raises(TryAgainError):
            call(GRANT.id)
    client.close()


def test_nothing_that_went_wrong_tells_a_token(cipher: TokenCipher, sealed: SealedTokens) -> None:
    with pytest.raises(SealBrokenError) as broken:
        cipher.open(SealedTokens(sealed[:-1]), RUNNER, GRANT.id)

    assert TOKENS.access_token not in repr(broken.value) + repr(broken.value.__cause__)
    assert TOKENS.access_token not in repr(cipher.data_key(RUNNER, GRANT.id))
