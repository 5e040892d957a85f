"""What the stores rely on, on both engines: moto's, on which `make dev` runs, and Amazon's own."""

import pytest

from account_link.models import (
    UserId,
)
from account_link.table import Table, TransactionRefusedError, Write, WriteRefusedError


def test_what_was_put_is_read_again(table: Table, user: UserId) -> None:
    item = {
        "pk": user,
        "text": "\u2603",
        "number": 2**53 + 1,
        "blob": b"\0\xff",
        "flag": True,
        "list": ["a"],
        "map": {"a": 1},
    }
    table.put(item)
    read = table.get(user)

    assert read
    assert bytes(read["blob"]) == b"\0\xff"
    assert {name: value for name, value in read.items() if name != "blob"} == {
        name: value for name, value in item.items() if name != "blob"
    }


def test_what_is_not_there_is_none(table: Table, user: UserId) -> None:
    assert table.get(user) is None


def test_a_refused_write_tells_what_is_there(table: Table, user: UserId) -> None:
    table.put({"pk": user, "a": 1})
    with pytest.raises(WriteRefusedError) as refused:
        table.update(Write(user, update="SET #b = :b", condition="attribute_not_exists(#a)", values={":b": 2}))

    assert refused.value.item == {"pk": user, "a": 1}
    assert table.get(user) == {"pk": user, "a": 1}


def test_a_write_refused_for_want_of_an_item_says_so(table: Table, user: UserId) -> None:
    with pytest.raises(WriteRefusedError) as refused:
        table.update(Write(user, update="SET #b = :b", condition="attribute_exists(#a)", values={":b": 2}))

    assert not refused.value.item
    assert table.get(user) is None


def test_a_write_returns_what_it_is_asked_for(table: Table, user: UserId) -> None:
    table.put({"pk": user, "a": 1})
    write = Write(user, update="SET #a = :two", values={":two": 2})

    assert table.update(write, returns="ALL_OLD") == {"pk": user, "a": 1}
    assert table.update(write, returns="ALL_NEW") == {"pk": user, "a": 2}
    assert table.update(write) == {}


def test_deleting_is_harmless_when_repeated(table: Table, user: UserId) -> None:
    table.put({"pk": user})
    table.delete(Write(user))
    table.delete(Write(user))

    assert table.get(user) is None


def test_a_refused_deletion_tells_what_is_there(table: Table, user: UserId) -> None:
    table.put({"pk": user, "a": 1})
    with pytest.raises(WriteRefusedError) as refused:
        table.delete(Write(user, condition="#a = :two", values={":two": 2}))

    assert refused.value.item == {"pk": user, "a": 1}
    assert table.get(user) == {"pk": user, "a": 1}


def test_a_transaction_is_made_whole_or_not_at_all(table: Table, user: UserId) -> None:
    other = f"{user}-other"
    table.put({"pk": user, "a": 1})
    grow = Write(user, update="SET #a = :two", values={":two": 2})
    with pytest.raises(TransactionRefusedError) as refused:
        table.transact(
            [grow, Write(other, update="SET #b = :two", condition="attribute_exists(#b)", values={":two": 2})]
        )

    assert refused.value.refused.keys() == {1}
    assert table.get(user) == {"pk": user, "a": 1}
    table.transact([grow, Write(other, update="SET #b = :two", values={":two": 2})])
    assert (table.get(user), table.get(other)) == ({"pk": user, "a": 2}, {"pk": other, "b": 2})


def test_a_refused_transaction_tells_what_is_there(table: Table, user: UserId) -> None:
    table.put({"pk": user, "a": 1})
    with pytest.raises(TransactionRefusedError) as refused:
        table.transact([Write(user, condition="attribute_not_exists(#a)"), Write(f"{user}-other")])

    assert refused.value.refused == {0: {"pk": user, "a": 1}}
