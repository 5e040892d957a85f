"""DynamoDB's attribute values: the same as boto3's, but for the kinds of its numbers and bytes."""

from decimal import Decimal
from typing import Any, SupportsBytes, cast

import pytest
from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from account_link.attribute_values import pack, unpack

LARGEST = 10**38 - 1
values = st.recursive(
    st.text() | st.booleans() | st.integers(-LARGEST, LARGEST) | st.binary(),
    lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(), part, max_size=4),
)
ITEMS = st.dictionaries(st.text(), values, max_size=6)


def boto3_packed(item: dict[str, Any]) -> dict[str, Any]:
    return {name: TypeSerializer().serialize(value) for name, value in item.items()}


def plain(value: Any) -> Any:  # noqa: ANN401 -- whatever boto3 makes of an item
    match value:
        case dict():
            return {name: plain(part) for name, part in value.items()}
        case list():
            return [plain(part) for part in value]
        case Decimal():
            return int(value)
        case Binary():
            return bytes(cast("SupportsBytes", value))
    return value


@given(item=ITEMS)
def test_an_item_is_packed_as_boto3_packs_it(item: dict[str, Any]) -> None:
    assert pack(item) == boto3_packed(item)


@given(item=ITEMS)
def test_an_item_is_unpacked_as_boto3_unpacks_it(item: dict[str, Any]) -> None:
    packed = boto3_packed(item)

    assert unpack(packed) == plain({name: TypeDeserializer().deserialize(value) for name, value in packed.items()})


@given(item=ITEMS)
def test_what_was_packed_comes_back_with_its_kinds(item: dict[str, Any]) -> None:
    assert repr(unpack(pack(item))) == repr(item)


@pytest.mark.parametrize("value", [1.5, None, {"set"}, Decimal(1), object(), bytearray(b"x")], ids=repr)
def test_what_no_item_holds_is_not_written(value: object) -> None:
    with pytest.raises(TypeError):
        pack({"list": [{"value": value}]})


@pytest.mark.parametrize("value", [{"SS": ["a"]}, {"NULL": True}, {"NS": ["1"]}], ids=repr)
def test_what_no_item_holds_is_not_read(value: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        unpack({"value": value})
