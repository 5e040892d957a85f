"""Table: DynamoDB's calls, with its errors renamed once."""

import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from account_link.attribute_values import Item, pack, unpack
from account_link.aws_errors import try_again
from account_link.errors import TryAgainError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTRIBUTE = re.compile(r"#\w+")
CONFLICT_TRIES = 4
CONFLICT_PAUSE_SECONDS = 0.05


class WriteRefusedError(Exception):
    """A condition did not hold; `item` is what the table held instead."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("a conditional write was refused")
        self.item = item


class TransactionRefusedError(Exception):
    """Conditions of a transaction did not hold; per write: None, or what the table held."""

    def __init__(self, refused: Mapping[int, Item]) -> None:
        super().__init__("a transaction was refused")
        self.refused = refused


class TransactionConflictError(TryAgainError):
    """Somebody else was writing the same items; nothing was written."""


@dataclass(frozen=True, slots=True)
class Write:
    """One conditional change of one item, alone or in a transaction."""

    key: str
    update: str = ""
    condition: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def arguments(self, table_name: str) -> dict[str, Any]:
        """Return what UpdateItem, or DeleteItem where there is no update, takes.

        Every `#name` in the expressions stands for the attribute of that name, so that no
        reserved word is in the way; `names` holds the exceptions.
        """
        parts: dict[str, Any] = {
            "TableName": table_name,
            "Key": {"pk": {"S": self.key}},
            "UpdateExpression": self.update,
            "ConditionExpression": self.condition,
            "ExpressionAttributeNames": _names(self.update) | _names(self.condition) | dict(self.names),
            "ExpressionAttributeValues": pack(self.values),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return {name: part for name, part in parts.items() if part}


class Table:
    """The one table. Every method raises TryAgainError where DynamoDB throttles or fails."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self._client = client
        self._name = name

    def get(self, key: str) -> Item | None:
        """Return the item as it is now (a consistent read)."""
        answer = _call(lambda: self._client.get_item(TableName=self._name, Key={"pk": {"S": key}}, ConsistentRead=True))
        return unpack(answer["Item"]) if "Item" in answer else None

    def put(self, item: Item) -> None:
        """Write a new item whose key nobody else can have."""
        _call(lambda: self._client.put_item(TableName=self._name, Item=pack(item)))

    def update(self, write: Write, *, returns: str = "NONE") -> Item:
        """Change one item; raise WriteRefusedError where the condition does not hold.

        Returns the item as `returns` says: ALL_OLD, ALL_NEW, or an empty one.
        """
        arguments = write.arguments(self._name) | {"ReturnValues": returns}
        answer = _retry_conflict(lambda: self._client.update_item(**arguments))
        return unpack(answer.get("Attributes", {}))

    def delete(self, write: Write) -> None:
        """Remove one item; raise WriteRefusedError where the condition does not hold."""
        arguments = write.arguments(self._name)
        _retry_conflict(lambda: self._client.delete_item(**arguments))

    def transact(self, writes: Sequence[Write]) -> None:
        """Make all changes or none.

        Raises TransactionRefusedError where a condition does not hold, TransactionConflictError
        where somebody else writes the same items just now. The request token lets DynamoDB
        recognise a repeat by the SDK whose first answer was lost.
        """
        token = secrets.token_hex(16)
        kinds = [{_kind(write): write.arguments(self._name)} for write in writes]
        _call(lambda: self._client.transact_write_items(TransactItems=cast("Any", kinds), ClientRequestToken=token))


@lru_cache
def _names(expression: str) -> dict[str, str]:
    return {name: name[1:] for name in ATTRIBUTE.findall(expression)}


def _kind(write: Write) -> str:
    return "Update" if write.update else "Delete"


def _retry_conflict[T](request: Callable[[], T]) -> T:
    """Repeat a single write that meets a transaction in flight: a moment later it can be decided."""
    for _ in range(CONFLICT_TRIES - 1):
        try:
            return _call(request)
        except TransactionConflictError:
            time.sleep(CONFLICT_PAUSE_SECONDS * (1 + secrets.SystemRandom().random()))
    return _call(request)


def _call[T](request: Callable[[], T]) -> T:
    try:
        return request()
    except ClientError as exc:
        raise _renamed(exc) from exc
    except BotoCoreError as exc:
        raise try_again(exc) from exc


def _renamed(exc: ClientError) -> Exception:
    response = cast("dict[str, Any]", exc.response)
    match response["Error"]["Code"]:
        case "ConditionalCheckFailedException":
            return WriteRefusedError(unpack(response["Item"]) if "Item" in response else None)
        case "TransactionCanceledException":
            return _cancelled(exc)
        case "TransactionConflictException" | "TransactionInProgressException":
            return TransactionConflictError()
        case "ValidationException":
            return exc
    return try_again(exc)


def _cancelled(exc: ClientError) -> Exception:
    reasons: Sequence[Mapping[str, Any]] = cast("dict[str, Any]", exc.response).get("CancellationReasons", [])
    codes = {reason.get("Code") for reason in reasons}
    if "TransactionConflict" in codes:
        return TransactionConflictError()
    if "ConditionalCheckFailed" in codes:
        return TransactionRefusedError(
            {
                index: unpack(reason.get("Item", {}))
                for index, reason in enumerate(reasons)
                if reason.get("Code") == "ConditionalCheckFailed"
            }
        )
    return try_again(exc)
