"""What must be true of a user's items at any time that nobody is working on them."""

from tests.integration.runner import Runner
from tests.integration.stored import StoredItems


def is_linked_and_whole(stored: StoredItems, runner: Runner) -> bool:
    """Check that the link, its claim and its tokens are all there or all gone; return whether there is a link."""
    account = stored.account(runner.user)
    claim = stored.claim(runner.athlete.id)
    parked = account.attempt.grant if account.attempt and account.attempt.status == "authorized" else None
    held = [f"GRANT#{grant.id}" for grant in (account.link.grant if account.link else None, parked) if grant]
    assert stored.grants_of(runner.user) == sorted(held)
    if account.link:
        assert (claim["holder"], claim["grant_id"]) == (runner.user, account.link.grant.id)
    else:
        assert claim.get("holder") != runner.user
    return account.link is not None


def only_the_links_tokens_stay(stored: StoredItems, runner: Runner) -> bool:
    """Tell whether of all the user's tokens exactly the link's are there to stay; what else lies there, TTL removes."""
    link = stored.account(runner.user).link
    stay = [key for key in stored.grants_of(runner.user) if "ttl" not in (stored.item(key) or {})]
    return stay == ([f"GRANT#{link.grant.id}"] if link else [])
