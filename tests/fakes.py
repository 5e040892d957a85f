"""Stand-ins for what lies outside the layer, and values to start from, for tests that need no table."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast, override

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from account_link.models import (
    ATTEMPT_LIFETIME,
    Account,
    Athlete,
    Attempt,
    AttemptId,
    AttemptStatus,
    Connection,
    Grant,
    GrantId,
    InvocationId,
    Link,
    Outcome,
    Redemption,
    SealedState,
    TokenSet,
    UserId,
)

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
RUNNER = UserId("runner-1")
ONE_MILLISECOND = timedelta(milliseconds=1)

ENVIRONMENT = {
    "CALLBACK_URL": "",
    "CLIENT_SECRET_NAME": "kinni/trainingpeaks",
    "DEPLOYMENT": "production",
    "POWERTOOLS_METRICS_NAMESPACE": "KinniAccountLink",
    "RETURN_URLS": "https://kinni.example/",
    "REVOCATION_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/revocations",
    "STATE_KEY": "0" * 64,
    "TABLE_NAME": "links",
    "TOKEN_KEY_ID": "arn:aws:kms:eu-central-1:123456789012:key/1",
    "TRAININGPEAKS_API_URL": "https://api.trainingpeaks.com",
    "TRAININGPEAKS_CLIENT_ID": "kinni",
    "TRAININGPEAKS_OAUTH_URL": "https://oauth.trainingpeaks.com",
}
"""What template.yaml tells the functions, in production."""

PENDING = Attempt(
    id=AttemptId("attempt-1"),
    status=AttemptStatus.PENDING,
    return_url="https://kinni.example/connected",
    redirect_uri="https://api.kinni.example/v1/trainingpeaks/callback",
    expires_at=NOW + ATTEMPT_LIFETIME,
    state_hash=b"hash of the state",
    sealed_state=SealedState(b"sealed state"),
)
REDEMPTION = Redemption(
    InvocationId("invocation-1"), NOW, GrantId("grant-1"), b"salt", b"hash of the confirmation code"
)
GRANT = Grant(
    id=GrantId("grant-1"),
    athlete=Athlete(123456, "Ada", "Runner"),
    scopes=("athlete:profile", "file:write"),
    expires_at=NOW + timedelta(seconds=600),
    asked_at=NOW,
)
EXCHANGING = replace(PENDING, status=AttemptStatus.EXCHANGING, redemption=REDEMPTION)
AUTHORIZED = replace(
    EXCHANGING, status=AttemptStatus.AUTHORIZED, authorized_at=NOW, grant=GRANT, outcome=Outcome.AUTHORIZED
)
LINK = Link(GRANT, Connection.ACTIVE, NOW)
LINKED = Account(
    user=RUNNER,
    generation=1,
    attempt=replace(AUTHORIZED, status=AttemptStatus.LINKED),
    link=LINK,
    auto_upload=True,
)
TOKENS = TokenSet("the-access-token", "the-refresh-token", NOW + timedelta(seconds=600), GRANT.scopes)


class FakeContext(LambdaContext):
    """An invocation with so much time left."""

    def __init__(self, request_id: str = "invocation-1") -> None:
        self._request_id = request_id

    @property
    @override
    def aws_request_id(self) -> str:
        return self._request_id

    @staticmethod
    @override
    def get_remaining_time_in_millis() -> int:
        return 29_000


class SecretsManager:
    """A real client whose network is this object: answers the secret, or raises the fault; counts how often."""

    def __init__(self, secret: str = "the-client-secret") -> None:
        self.secret = secret
        self.fault: Exception | None = None
        self.asked: list[str] = []
        self.client = _session().client("secretsmanager", config=Config(retries={"total_max_attempts": 1}))
        # The SDK takes a hook's answer for the network's; its types do not say so.
        self.client.meta.events.register("before-send", cast("Callable[..., None]", self._answer))

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        name = json.loads(cast("bytes", request.body))["SecretId"]
        self.asked.append(name)
        if self.fault:
            raise self.fault
        return aws_answer(request.url, {"Name": name, "SecretString": self.secret})


class _Body(io.BytesIO):
    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


def aws_answer(url: str, document: object, status: int = 200) -> AWSResponse:
    """Return what a JSON service of AWS answers."""
    headers = HTTPHeaders.from_dict({"Content-Type": "application/x-amz-json-1.1"})
    return AWSResponse(url, status, headers, _Body(json.dumps(document).encode()))


def event(**parts: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    """Return what API Gateway sends for a signed-in runner, with these parts in the place of its own."""
    return {
        "version": "2.0",
        "routeKey": "POST /v1/trainingpeaks/auth",
        "rawQueryString": "",
        "headers": {},
        "requestContext": {
            "requestId": "request-1",
            "domainName": "api.kinni.example",
            "authorizer": {"jwt": {"claims": {"sub": RUNNER}, "scopes": None}},
        },
        "isBase64Encoded": False,
    } | parts


@cache
def _session() -> boto3.Session:
    return boto3.Session()
