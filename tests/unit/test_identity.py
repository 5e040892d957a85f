import base64
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey

from local.identity import TOKEN_LIFETIME, Issuer, TokenRefusedError, TokenVerifier

URL = "http://127.0.0.1:3000"
KEY = RSAKey.generate_key(2048, auto_kid=True)
ISSUER = Issuer(URL, "kinni", KEY)
VERIFIER = TokenVerifier(ISSUER.jwks(), issuer=URL, audience="kinni")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def claims(**changes: object) -> dict[str, Any]:
    own = {"iss": URL, "aud": "kinni", "sub": "runner-1", "exp": int(time.time()) + 60}
    return {name: value for name, value in (own | changes).items() if value is not None}


def segment(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def test_a_minted_token_names_the_user_and_lives_an_hour() -> None:
    verified = VERIFIER.claims(ISSUER.mint("runner-1"))

    assert verified["sub"] == "runner-1"
    assert verified["exp"] - verified["iat"] == TOKEN_LIFETIME.total_seconds()


def test_two_issuers_share_no_key() -> None:
    other = Issuer(URL, "kinni")

    assert other.jwks() != Issuer(URL, "kinni").jwks()


def test_only_the_public_half_of_the_key_is_published() -> None:
    (key,) = ISSUER.jwks()["keys"]

    assert key.keys() == {"kty", "n", "e", "kid", "use", "alg"}


def test_the_discovery_document_leads_to_the_keys() -> None:
    discovery = ISSUER.discovery()

    assert discovery["issuer"] == URL
    assert discovery["jwks_uri"] == f"{URL}/.well-known/jwks.json"
    assert discovery["id_token_signing_alg_values_supported"] == ["RS256"]


@pytest.mark.parametrize("audience", ["kinni", ["kinni"], ["other", "kinni"]])
def test_the_audience_may_be_one_or_among_several(audience: object) -> None:
    assert VERIFIER.claims(ISSUER.sign(claims(aud=audience)))["aud"] == audience


def test_client_id_stands_in_for_a_missing_audience() -> None:
    assert VERIFIER.claims(ISSUER.sign(claims(aud=None, client_id="kinni")))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "other", "client_id": "kinni"},
        {"aud": []},
        {"aud": {"kinni": True}},
        {"aud": None},
        {"iss": [URL]},
        {"iss": URL + "/"},
        {"iss": None},
        {"exp": None},
        {"exp": int(time.time()) - 1},
        {"exp": "4000000000"},
        {"exp": True},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"nbf": int(time.time()) + 3600},
        {"nbf": "soon"},
        {"iat": int(time.time()) + 3600},
    ],
    ids=str,
)
def test_wrong_claims_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(TokenRefusedError):
        VERIFIER.claims(ISSUER.sign(claims(**changes)))


def test_a_token_must_name_its_key() -> None:
    token = jwt.encode({"alg": "RS256"}, claims(), KEY)

    with pytest.raises(TokenRefusedError):
        VERIFIER.claims(token)


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_only_rs256_is_taken(algorithm: str) -> None:
    header = {"alg": algorithm, "kid": KEY.kid}

    with pytest.raises(TokenRefusedError):
        VERIFIER.claims(jwt.encode(header, claims(), KEY, algorithms=[algorithm]))


def test_a_changed_token_is_refused() -> None:
    header, _, signature = ISSUER.sign(claims()).split(".")
    payload = segment(json.dumps(claims(sub="runner-2")).encode())

    with pytest.raises(TokenRefusedError):
        VERIFIER.claims(f"{header}.{payload}.{signature}")


def test_deeply_nested_json_is_refused() -> None:
    with pytest.raises(TokenRefusedError):
        VERIFIER.claims(f"{segment(b'[' * 100_000)}.{segment(b'{}')}.{segment(b'x')}")


def test_a_refusal_repeats_nothing_of_the_token() -> None:
    token = ISSUER.sign(claims(aud="other"))

    with pytest.raises(TokenRefusedError) as refused:
        VERIFIER.claims(token)

    assert token not in str(refused.value)


@given(token=st.text() | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*", fullmatch=True))
def test_any_text_is_refused_and_nothing_worse(token: str) -> None:
    with pytest.raises(TokenRefusedError):
        VERIFIER.claims(token)


@given(
    header=st.fixed_dictionaries({"alg": st.sampled_from(["RS256", "none", "HS256"]) | JSON}, optional={"kid": JSON})
    | JSON
)
def test_any_header_is_refused_and_nothing_worse(header: object) -> None:
    with pytest.raises(TokenRefusedError):
        VERIFIER.claims(f"{segment(json.dumps(header).encode())}.{segment(b'{}')}.{segment(b'x')}")


@given(name=st.sampled_from(["iss", "aud", "exp", "nbf", "iat", "client_id", "sub"]), value=JSON)
def test_any_claim_is_judged_without_a_crash(name: str, value: object) -> None:
    token = ISSUER.sign(claims() | {name: value})
    try:
        VERIFIER.claims(token)
    except TokenRefusedError:
        assert name != "client_id"
