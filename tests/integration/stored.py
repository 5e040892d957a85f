"""The table as it lies there, read and changed past the functions and past what listens to them."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from account_link import items
from account_link.models import FENCE, Account, UserId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Item = dict[str, Any]


class StoredItems:
    """Whole items."""

    def __init__(self, url: str, table_name: str) -> None:
        # DynamoDB Local keeps each caller's tables apart, so this must be the caller that the functions are.
        caller = boto3.DEFAULT_SESSION and boto3.DEFAULT_SESSION.get_credentials()
        assert caller
        session = boto3.Session(caller.access_key, caller.secret_key)
        self._client: DynamoDBClient = session.client("dynamodb", endpoint_url=url)
        self._table_name = table_name

    def close(self) -> None:
        self._client.close()

    def item(self, key: str) -> Item | None:
        found = self._client.get_item(TableName=self._table_name, Key={"pk": {"S": key}}, ConsistentRead=True)
        return _unpacked(found["Item"]) if "Item" in found else None

    def put(self, item: Item) -> None:
        pack = TypeSerializer().serialize
        packed = {name: pack(value) for name, value in item.items()}
        self._client.put_item(TableName=self._table_name, Item=packed)

    def remove(self, key: str) -> None:
        self._client.delete_item(TableName=self._table_name, Key={"pk": {"S": key}})

    def everything(self) -> list[Item]:
        """Return all items."""
        pages = self._client.get_paginator("scan").paginate(TableName=self._table_name, ConsistentRead=True)
        return [_unpacked(item) for page in pages for item in page["Items"]]

    def account_item(self, user: str) -> Item:
        return self.item(items.account_key(UserId(user))) or {}

    def account(self, user: str) -> Account:
        return items.account(UserId(user), self.account_item(user))

    def claim(self, athlete_id: int) -> Item:
        return self.item(items.claim_key(athlete_id)) or {}

    def grants_of(self, user: str) -> list[str]:
        """Return the keys under which sealed tokens of the user lie, released or not."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table_name,
            ConsistentRead=True,
            ProjectionExpression="pk",
            FilterExpression="attribute_exists(sealed) AND #user = :user",
            ExpressionAttributeNames={"#user": "user"},
            ExpressionAttributeValues={":user": {"S": user}},
        )
        return sorted(item["pk"]["S"] for page in pages for item in page["Items"])

    def released_of(self, user: str) -> list[str]:
        """Return those of them that nobody but the worker may use."""
        return [key for key in self.grants_of(user) if "released_at" in (self.item(key) or {})]

    def all_of(self, user: str, athlete_id: int) -> list[Item | None]:
        """Return what there is of a user and an athlete."""
        grants = [self.item(key) for key in self.grants_of(user)]
        return [self.account_item(user), self.claim(athlete_id), *grants]

    def change_account(self, user: str, change: Callable[[Item], None]) -> None:
        item = self.account_item(user)
        change(item)
        self.put(item)

    def let_fence_pass(self, athlete_id: int) -> None:
        """Make every fence of the athlete older than a call can last."""
        claim = self.claim(athlete_id)
        times = {name: claim[name] - FENCE // timedelta(milliseconds=1) for name in FENCE_TIMES if name in claim}
        self.put(claim | times)

    def age(self, user: str, passed: timedelta) -> None:
        """Make the user's attempt older than it is."""
        earlier = passed // timedelta(milliseconds=1)

        def change(item: Item) -> None:
            for part, name in ATTEMPT_TIMES:
                holder = item["attempt"].get(part) if part else item["attempt"]
                if holder and name in holder:
                    holder[name] -= earlier

        self.change_account(user, change)


FENCE_TIMES = ("fence", "standing")
ATTEMPT_TIMES = (("", "expires_at"), ("", "authorized_at"), ("redemption", "at"))


def _unpacked(item: Item) -> Item:
    unpack = TypeDeserializer().deserialize
    return {name: unpack(value) for name, value in item.items()}
