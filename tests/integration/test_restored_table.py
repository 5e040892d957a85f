"""What docs/scale.md says of a table that was restored, and of a user who is to be forgotten."""

from account_link import items
from account_link.models import Connection, UserId
from tests.integration.runner import NewRunner, Runner
from tests.integration.stored import StoredItems
from tests.integration.worker import Worker


def _claim_key(runner: Runner) -> str:
    return items.claim_key(runner.athlete.id)


def test_a_claim_whose_link_is_gone_blocks_its_athlete_until_it_is_deleted(
    new_runner: NewRunner, stored: StoredItems
) -> None:
    holder, newcomer = new_runner(), new_runner()
    holder.linked()
    stored.change_account(holder.user, lambda item: item.pop("link"))
    authorised = newcomer.authorised(holder.athlete)
    assert newcomer.confirm(authorised).status == 503

    stored.remove(_claim_key(holder))

    assert newcomer.confirm(authorised).status == 200


def test_a_link_whose_claim_is_gone_is_unlinked_once_it_is_marked(runner: Runner, stored: StoredItems) -> None:
    runner.linked()
    stored.remove(_claim_key(runner))
    assert runner.unlink().status == 503

    ended = Connection.REAUTHORIZATION_REQUIRED.value
    stored.change_account(runner.user, lambda item: item["link"].update(connection=ended))

    assert runner.unlink().status == 204
    assert runner.status().json["linked"] is False


def test_a_restored_link_that_its_user_had_ended_is_back(runner: Runner, stored: StoredItems) -> None:
    runner.linked()
    restored = stored.all_of(runner.user, runner.athlete.id)
    assert runner.unlink().status == 204
    assert runner.status().json["linked"] is False

    for item in restored:
        if item is not None:
            stored.put(item)

    assert runner.status().json["connection"] == "active"


def test_a_deleted_account_does_not_keep_the_worker_from_revoking(
    runner: Runner, stored: StoredItems, worker: Worker
) -> None:
    """Somebody who is to be forgotten: the item may go as soon as the unlink has answered."""
    runner.authorised()
    (key,) = stored.grants_of(runner.user)
    assert runner.unlink().status == 204
    stored.remove(items.account_key(UserId(runner.user)))

    assert worker.drain() == []

    assert stored.item(key) is None
    assert stored.item(items.account_key(UserId(runner.user))) is None


def test_an_unlinked_account_keeps_nothing_of_the_athlete(runner: Runner, stored: StoredItems) -> None:
    runner.linked()
    runner.unlink()

    item = stored.account_item(runner.user)
    assert item.keys() - {name for name in item if name.startswith("key#")} == {"pk", "generation", "attempt"}
    assert "grant" not in item["attempt"]
    assert str(runner.athlete.id) not in str(item)
    assert "ttl" not in item
