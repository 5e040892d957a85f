"""A state: names its user to us only, is new every time, lies unreadable in the table."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from account_link.models import SealedState, State, UserId
from account_link.state_seal import StateSeal, state_hash
from tests.fakes import RUNNER
from tests.unit.strategies import anything, unhurried, users

SEAL = StateSeal("the key of this service")
OTHER_SEAL = StateSeal("the key of another service")
STATE = SEAL.issue(RUNNER)
LOCATOR, SECRET = STATE.split(".")
OF_EACH_LENGTH = [SEAL.issue(UserId("x" * length)) for length in (8, 9, 10)]
"""Locators whose last character holds no bit to spare, two and four of them."""
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encoded(raw: bytes | bytearray) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


@unhurried
@given(user=users)
def test_a_state_leads_back_to_who_started(user: UserId) -> None:
    assert SEAL.user_of(SEAL.issue(user)) == user


@unhurried
@given(user=users)
@example(user=UserId("x" * 255))
@example(user=UserId("€" * 85))
def test_a_state_is_short_enough_for_the_callback_and_needs_no_encoding(user: UserId) -> None:
    state = SEAL.issue(user)

    assert len(state) <= 512
    assert set(state) <= {*BASE64, "."}


def test_a_state_has_256_random_bits_of_its_own() -> None:
    states = [SEAL.issue(RUNNER).partition(".")[2] for _ in range(300)]

    assert len(set(states)) == 300
    assert {len(decoded(secret)) for secret in states} == {32}
    assert all(len({decoded(secret)[place] for secret in states}) > 100 for place in range(32))


def test_two_states_of_a_user_have_nothing_in_common() -> None:
    (one, _), (other, _) = (SEAL.issue(RUNNER).split(".") for _ in range(2))

    assert not {decoded(one)[n : n + 6] for n in range(30)} & {decoded(other)[n : n + 6] for n in range(30)}


def test_a_state_names_its_user_to_us_only() -> None:
    raw = decoded(LOCATOR)

    assert RUNNER.encode() not in raw
    for tell in (sha256(RUNNER.encode()).digest(), sha256(RUNNER.encode()).hexdigest().encode()):
        assert tell not in raw
    assert OTHER_SEAL.user_of(STATE) is None


@unhurried
@given(place=st.integers(0, len(decoded(LOCATOR)) - 1), change=st.integers(1, 255))
def test_a_locator_with_a_changed_bit_names_nobody(place: int, change: int) -> None:
    raw = bytearray(decoded(LOCATOR))
    raw[place] ^= change

    assert SEAL.user_of(State(f"{encoded(raw)}.{SECRET}")) is None


@unhurried
@given(place=st.integers(0, len(LOCATOR)), extra=st.text(min_size=1, max_size=8))
@example(place=4, extra="!!!!")
@example(place=len(LOCATOR), extra="====")
@example(place=0, extra="\n\n\n\n")
def test_a_locator_with_anything_put_into_it_names_nobody(place: int, extra: str) -> None:
    assume("." not in extra)

    assert SEAL.user_of(State(f"{LOCATOR[:place]}{extra}{LOCATOR[place:]}.{SECRET}")) is None


@unhurried
@given(
    state=st.sampled_from(OF_EACH_LENGTH),
    place=st.integers(0, 200),
    other=st.sampled_from([*BASE64, "+", "/", "=", "é"]),
)
@example(state=OF_EACH_LENGTH[1], place=-1, other="next")
@example(state=OF_EACH_LENGTH[2], place=-1, other="next")
def test_a_locator_with_a_changed_character_names_nobody(state: State, place: int, other: str) -> None:
    locator, _, secret = state.partition(".")
    place %= len(locator)
    other = BASE64[BASE64.index(locator[place]) ^ 1] if other == "next" else other
    assume(locator[place] != other)

    assert SEAL.user_of(State(f"{locator[:place]}{other}{locator[place + 1 :]}.{secret}")) is None


@pytest.mark.parametrize("length", range(len(LOCATOR)))
def test_a_locator_cut_short_names_nobody(length: int) -> None:
    assert SEAL.user_of(State(f"{LOCATOR[:length]}.{SECRET}")) is None


@unhurried
@given(text=anything | st.text(alphabet=BASE64 + ".=", max_size=600))
def test_made_up_states_name_nobody_and_nothing_crashes(text: str) -> None:
    assert SEAL.user_of(State(text)) is None


@unhurried
@given(user=users)
def test_a_stored_state_opens_for_its_user(user: UserId) -> None:
    state = SEAL.issue(user)

    assert SEAL.open(SEAL.seal(state, user), user) == state


@unhurried
@given(user=users, other=users)
def test_a_stored_state_opens_for_nobody_else(user: UserId, other: UserId) -> None:
    assume(user != other)
    sealed = SEAL.seal(SEAL.issue(user), user)

    assert SEAL.open(sealed, other) is None
    assert OTHER_SEAL.open(sealed, user) is None


def test_what_the_table_holds_shows_neither_state_nor_user() -> None:
    sealed, kept = SEAL.seal(STATE, RUNNER), state_hash(STATE)

    for tell in (STATE, LOCATOR, SECRET, RUNNER):
        assert tell.encode() not in sealed + kept
    assert decoded(SECRET) not in sealed + kept
    assert SEAL.seal(STATE, RUNNER) != sealed


@unhurried
@given(place=st.integers(0, 10_000), change=st.integers(1, 255))
def test_a_changed_stored_state_does_not_open(place: int, change: int) -> None:
    raw = bytearray(SEAL.seal(STATE, RUNNER))
    raw[place % len(raw)] ^= change

    assert SEAL.open(SealedState(bytes(raw)), RUNNER) is None


@given(raw=st.binary(max_size=80))
def test_any_bytes_in_the_states_place_do_not_open(raw: bytes) -> None:
    assert SEAL.open(SealedState(raw), RUNNER) is None


def test_a_locator_is_no_stored_state_whatever_the_user_is_called() -> None:
    for user in (UserId("locator"), UserId("state"), RUNNER):
        assert SEAL.open(SealedState(decoded(SEAL.issue(RUNNER).partition(".")[0])), user) is None


def test_a_stored_state_is_no_locator_whatever_the_user_is_called() -> None:
    for user in (UserId("locator"), UserId("state"), RUNNER):
        assert SEAL.user_of(State(f"{encoded(SEAL.seal(STATE, user))}.{SECRET}")) is None


def test_the_hash_is_of_the_whole_state() -> None:
    assert state_hash(STATE) == sha256(STATE.encode()).digest()
    assert state_hash(State(LOCATOR)) != state_hash(STATE)
