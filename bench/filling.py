"""Fills the table with copies of a real link, as many as there may be one day."""

from __future__ import annotations

import base64
import json
import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import batched
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from local.environment import ACCESS_KEY, REGION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

LINKS_A_WRITE = 8
"""Three items each, and BatchWriteItem takes 25."""
CONNECTIONS = 2
HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": "DynamoDB_20120810.BatchWriteItem",
    # DynamoDB Local chooses the table by the key and the region, and checks no signature: making 12,500 takes minutes.
    "Authorization": f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20260101/{REGION}/dynamodb/aws4_request,"
    " SignedHeaders=host, Signature=0",
}


def fill(dynamodb: DynamoDBClient, user: str, links: int) -> int:
    """Copy the user's link until there are so many; return the bytes of one, all its items together."""
    template = _Link(dynamodb, user)
    batches = [list(numbers) for numbers in batched(range(1, links), LINKS_A_WRITE, strict=False)]
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        shares = (batches[index::CONNECTIONS] for index in range(CONNECTIONS))
        for written in [threads.submit(_write, template, share) for share in shares]:
            written.result()
    return len(template.text)


class _Link:
    """A link as DynamoDB's JSON: the account, the sealed tokens and the claim."""

    def __init__(self, dynamodb: DynamoDBClient, user: str) -> None:
        account = _item(dynamodb, f"USER#{user}")
        grant = account["link"]["M"]["grant"]["M"]
        grant_id, athlete_id = grant["id"]["S"], grant["athlete"]["M"]["id"]["N"]
        keys = f"USER#{user}", f"GRANT#{grant_id}", f"ATHLETE#{athlete_id}"
        self._ids = user, grant_id, f'"{athlete_id}"', f"ATHLETE#{athlete_id}"
        self.text = ",".join(_put_request(_item(dynamodb, key)) for key in keys)

    def copy(self, number: int) -> str:
        """Return the link for another user, grant and athlete; the sealed tokens are the same bytes."""
        user, grant_id, athlete_id, claim = self._ids
        other = 200_000_000 + number
        new = f"runner-{uuid.uuid4()}", uuid.uuid4().hex[: len(grant_id)], f'"{other}"', f"ATHLETE#{other}"
        text = self.text
        for old, fresh in zip((user, grant_id, athlete_id, claim), new, strict=True):
            text = text.replace(old, fresh)
        return text


def _write(template: _Link, batches: Sequence[list[int]]) -> None:
    connection = HTTPConnection(urlsplit(os.environ["AWS_ENDPOINT_URL_DYNAMODB"]).netloc)
    for numbers in batches:
        puts = ",".join(template.copy(number) for number in numbers)
        body = f'{{"RequestItems":{{"{os.environ["TABLE_NAME"]}":[{puts}]}}}}'
        connection.request("POST", "/", body, HEADERS)
        answer = connection.getresponse()
        written = json.loads(answer.read())
        if written.get("UnprocessedItems") != {}:
            message = f"the table was not filled: {answer.status}"
            raise RuntimeError(message)
    connection.close()


def _put_request(item: dict[str, Any]) -> str:
    return json.dumps({"PutRequest": {"Item": item}}, default=_as_text)


def _as_text(value: bytes) -> str:
    """Write binary as DynamoDB's JSON does."""
    return base64.b64encode(value).decode()


def _item(dynamodb: DynamoDBClient, key: str) -> dict[str, Any]:
    found = dynamodb.get_item(TableName=os.environ["TABLE_NAME"], Key={"pk": {"S": key}})
    return dict(found["Item"])
