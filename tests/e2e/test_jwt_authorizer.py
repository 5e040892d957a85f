"""The local gateway lets callers in, or not, as API Gateway's JWT authoriser does."""

import base64
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from local.identity import Issuer
from tests.e2e.echo_gateway import EchoGateway


def authorized(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def claims(issuer: Issuer, **changes: object) -> dict[str, Any]:
    own = {"iss": issuer.url, "aud": issuer.audience, "sub": "runner-1", "exp": int(time.time()) + 60}
    return {name: value for name, value in (own | changes).items() if value is not None}


def test_a_route_without_an_authoriser_of_its_own_asks_for_a_token(client: httpx.Client) -> None:
    answer = client.get("/look")

    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert answer.headers["www-authenticate"] == "Bearer"


def test_only_none_opens_a_route(client: httpx.Client) -> None:
    assert client.get("/open").status_code == 200


def _unsigned(issuer: Issuer) -> str:
    payload = issuer.mint("runner-1").split(".")[1]
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    return f"{header}.{payload}."


BAD_TOKENS: dict[str, Callable[[Issuer], str]] = {
    "malformed": lambda _: "not.a.token",
    "empty parts": lambda _: "..",
    "expired": lambda issuer: issuer.sign(claims(issuer, exp=int(time.time()) - 1)),
    "without expiry": lambda issuer: issuer.sign(claims(issuer, exp=None)),
    "not yet valid": lambda issuer: issuer.sign(claims(issuer, nbf=int(time.time()) + 60)),
    "issued in the future": lambda issuer: issuer.sign(claims(issuer, iat=int(time.time()) + 60)),
    "wrong issuer": lambda issuer: issuer.sign(claims(issuer, iss="https://elsewhere.example")),
    "without issuer": lambda issuer: issuer.sign(claims(issuer, iss=None)),
    "wrong audience": lambda issuer: issuer.sign(claims(issuer, aud="another-app")),
    "without audience": lambda issuer: issuer.sign(claims(issuer, aud=None)),
    "wrong audience, right client": lambda issuer: issuer.sign(claims(issuer, aud="x", client_id=issuer.audience)),
    "foreign key": lambda issuer: Issuer(issuer.url, issuer.audience).mint("runner-1"),
    "foreign key under the issuer's key id": lambda issuer: jwt.encode(
        {"alg": "RS256", "kid": issuer.jwks()["keys"][0]["kid"]}, claims(issuer), RSAKey.generate_key(2048)
    ),
    "no signature": lambda issuer: issuer.mint("runner-1").rpartition(".")[0] + ".",
    "alg none": _unsigned,
    "the public key as a shared secret": lambda issuer: jwt.encode(
        {"alg": "HS256", "kid": issuer.jwks()["keys"][0]["kid"]},
        claims(issuer),
        OctKey.import_key(issuer.jwks()["keys"][0]["n"]),  # type: ignore[arg-type]
    ),
}


@pytest.mark.parametrize("kind", BAD_TOKENS)
def test_a_bad_token_is_refused(gateway: EchoGateway, client: httpx.Client, kind: str) -> None:
    answer = client.get("/look", headers=authorized(BAD_TOKENS[kind](gateway.issuer)))

    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("authorization", ["{}", "Basic {}", "Bearer {0}, Bearer {0}", "Bearer"])
def test_only_one_bearer_token_is_taken(gateway: EchoGateway, client: httpx.Client, authorization: str) -> None:
    header = authorization.format(gateway.issuer.mint("runner-1"))

    assert client.get("/look", headers={"Authorization": header}).status_code == 401


def test_the_claims_arrive_as_api_gateway_writes_them(gateway: EchoGateway, client: httpx.Client) -> None:
    issuer = gateway.issuer
    token = issuer.sign(claims(issuer, aud=["x", issuer.audience], exp=4_000_000_000, admin=True, groups=["a", "b"]))

    context = client.get("/look", headers=authorized(token)).json()["event"]["requestContext"]

    assert context["authorizer"]["jwt"] == {
        "claims": {
            "iss": issuer.url,
            "aud": f"[x {issuer.audience}]",
            "sub": "runner-1",
            "exp": "4000000000",
            "admin": "true",
            "groups": "[a b]",
        },
        "scopes": None,
    }


def test_an_open_route_takes_the_caller_from_nothing(gateway: EchoGateway, client: httpx.Client) -> None:
    answer = client.get("/open", headers=authorized(gateway.issuer.mint("runner-1")))

    assert "authorizer" not in answer.json()["event"]["requestContext"]
