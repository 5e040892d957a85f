"""Arbitrary values of the service's own types, and of what comes from outside."""

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st

from account_link import items
from account_link.models import (
    Account,
    Athlete,
    Attempt,
    AttemptId,
    AttemptStatus,
    Connection,
    Grant,
    GrantId,
    InvocationId,
    Lease,
    Link,
    Outcome,
    Redemption,
    SealedState,
    SealedTokens,
    StartKey,
    StoredGrant,
    TokenSet,
    UserId,
)
from account_link.trainingpeaks_replies import LARGEST_ID

unhurried = settings(deadline=None)
"""A busy machine is no defect."""
thrifty = settings(unhurried, max_examples=40)
"""For a test whose every example goes through a client of AWS."""

anything = st.text(alphabet=st.characters(codec=None, exclude_categories=()))
"""Any string that Python can hold, lone surrogates included."""
names = st.text(min_size=1, max_size=40)
users = st.text(min_size=1).filter(lambda user: len(user.encode()) <= 255).map(UserId)
moments = st.integers(0, 4_102_444_800_000).map(
    lambda stored: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stored)
)
hashes = st.binary(min_size=1, max_size=40)

athletes = st.builds(Athlete, st.integers(1, LARGEST_ID), st.none() | names, st.none() | names)
scopes = st.lists(names, max_size=4).map(tuple)
grants = st.builds(Grant, names.map(GrantId), athletes, scopes, moments, moments)
stored_grants = st.builds(
    StoredGrant,
    id=names.map(GrantId),
    user=users,
    athlete_id=st.integers(1, LARGEST_ID),
    sealed=hashes.map(SealedTokens),
    expires_at=moments,
    asked_at=moments,
    version=st.integers(1, 2**40),
    lease=st.none() | st.builds(Lease, names.map(InvocationId), moments),
    released_at=st.none() | moments,
)
redemptions = st.builds(Redemption, names.map(InvocationId), moments, names.map(GrantId), hashes, hashes)
attempts = st.builds(
    Attempt,
    id=names.map(AttemptId),
    status=st.sampled_from(AttemptStatus),
    return_url=names,
    redirect_uri=names,
    expires_at=moments,
    state_hash=hashes,
    sealed_state=hashes.map(SealedState),
    redemption=st.none() | redemptions,
    authorized_at=st.none() | moments,
    grant=st.none() | grants,
    outcome=st.none() | st.sampled_from(Outcome),
    wrong_codes=st.integers(0, 5),
)
links = st.builds(Link, grants, st.sampled_from([Connection.ACTIVE, Connection.REAUTHORIZATION_REQUIRED]), moments)
key_names = names.map(items.KEY_PREFIX.__add__)
keys = st.dictionaries(key_names, st.tuples(names.map(AttemptId), names, moments), max_size=20).map(
    lambda known: {name: StartKey(name, *parts) for name, parts in known.items()}
)
accounts = st.builds(
    Account, users, st.integers(0, 2**40), st.none() | attempts, st.none() | links, st.booleans(), keys
)
tokens = st.builds(TokenSet, names, st.none() | names, moments, scopes)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
