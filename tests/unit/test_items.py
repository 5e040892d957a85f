"""What the table gives back is what was stored, and lies there as whole numbers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given

from account_link import items
from account_link.models import Account, Attempt, GrantId, Link, StoredGrant, UserId
from tests.fakes import AUTHORIZED, LINK, NOW, PENDING, RUNNER
from tests.unit.strategies import accounts, attempts, links, moments, stored_grants, unhurried


def through_the_table(item: dict[str, Any]) -> dict[str, Any]:
    """Return what DynamoDB gives back: Decimal for int, Binary for bytes, list for tuple."""
    packed = {name: TypeSerializer().serialize(value) for name, value in item.items()}
    return {name: TypeDeserializer().deserialize(value) for name, value in packed.items()}


def stored(account: Account) -> dict[str, Any]:
    item: dict[str, Any] = {"pk": items.account_key(account.user), "auto_upload": account.auto_upload}
    if account.generation:
        item["generation"] = account.generation
    if account.attempt:
        item["attempt"] = items.store(account.attempt)
    if account.link:
        item["link"] = items.store(account.link)
    for name, key in account.keys.items():
        item[name] = {part: value for part, value in items.store(key).items() if part != "name"}
    return item


def leaves(value: Any) -> Iterator[Any]:  # noqa: ANN401 -- whatever lies in an item
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from leaves(part)
    else:
        yield value


@unhurried
@given(account=accounts)
def test_an_account_comes_back_as_it_was(account: Account) -> None:
    back = items.account(account.user, through_the_table(stored(account)))

    assert back == account
    assert repr(back) == repr(account), "equal, but of another type"


@unhurried
@given(attempt=attempts)
def test_an_attempt_comes_back_as_it_was(attempt: Attempt) -> None:
    assert items.attempt(through_the_table(items.store(attempt))) == attempt


@unhurried
@given(link=links)
def test_a_link_comes_back_as_it_was(link: Link) -> None:
    assert items.link(through_the_table(items.store(link))) == link


@unhurried
@given(grant=stored_grants)
def test_a_sealed_grant_comes_back_as_it_was(grant: StoredGrant) -> None:
    back = items.stored_grant(grant.id, through_the_table(items.store(grant)))

    assert back == grant
    assert repr(back) == repr(grant), "equal, but of another type"
    assert type(back.sealed) is bytes


@unhurried
@given(account=accounts)
def test_an_item_holds_only_what_dynamodb_can(account: Account) -> None:
    for leaf in leaves(stored(account)):
        assert type(leaf) in {str, int, bool, bytes}


@given(moment=moments)
def test_times_are_whole_milliseconds(moment: datetime) -> None:
    kept = items.milliseconds(moment)

    assert type(kept) is int
    assert kept == round(moment.timestamp() * 1000)
    assert items.moment(kept) == moment


def test_the_time_of_another_zone_is_the_same_moment() -> None:
    assert items.milliseconds(NOW) == 1_795_510_800_000
    assert items.milliseconds(NOW + timedelta(microseconds=999)) == 1_795_510_800_000
    assert items.moment(1_795_510_800_000) == datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_what_is_not_there_takes_no_room() -> None:
    assert "redemption" not in items.store(PENDING)
    assert "grant" not in items.store(PENDING)
    assert "first_name" not in items.store(type(LINK.grant.athlete)(1))


def test_the_clocks_of_an_attempt_lie_where_the_conditions_look() -> None:
    attempt = items.store(AUTHORIZED)

    assert attempt["status"] == "authorized"
    assert attempt["expires_at"] == items.milliseconds(AUTHORIZED.expires_at)
    assert attempt["authorized_at"] == attempt["redemption"]["at"] == items.milliseconds(NOW)
    assert attempt["grant"]["asked_at"] == items.milliseconds(NOW)


def test_no_item_is_an_account_with_nothing_in_it() -> None:
    assert items.account(RUNNER, None) == items.account(RUNNER, {}) == Account(RUNNER)


def test_no_two_things_share_a_key() -> None:
    assert len({items.account_key(UserId("7")), items.grant_key(GrantId("7")), items.claim_key(7)}) == 3
