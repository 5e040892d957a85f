"""The confirmation code: the same for the same redirect, and for no other."""

from base64 import urlsafe_b64decode
from dataclasses import replace
from hashlib import sha256

from hypothesis import assume, given
from hypothesis import strategies as st

from account_link.confirmation import derive, fingerprint
from account_link.models import Code, State
from tests.fakes import REDEMPTION

SALTS = st.binary(min_size=32, max_size=32)
CODES = st.text(max_size=20).map(Code)
STATES = st.text(max_size=20).map(State)
SALT = bytes(range(32))


@given(salt=SALTS, code=CODES, state=STATES)
def test_a_repeat_shows_the_same_code(salt: bytes, code: Code, state: State) -> None:
    assert derive(salt, code, state) == derive(salt, code, state)


@given(salts=st.tuples(SALTS, SALTS), code=CODES, state=STATES)
def test_another_salt_shows_another_code(salts: tuple[bytes, bytes], code: Code, state: State) -> None:
    assume(salts[0] != salts[1])

    assert derive(salts[0], code, state) != derive(salts[1], code, state)


@given(codes=st.tuples(CODES, CODES), states=st.tuples(STATES, STATES))
def test_another_code_or_state_shows_another_code(codes: tuple[Code, Code], states: tuple[State, State]) -> None:
    assume((codes[0], states[0]) != (codes[1], states[1]))

    assert derive(SALT, codes[0], states[0]) != derive(SALT, codes[1], states[1])


@given(text=st.text(min_size=1, max_size=12), cuts=st.tuples(st.integers(0, 12), st.integers(0, 12)))
def test_where_the_code_ends_and_the_state_begins_matters(text: str, cuts: tuple[int, int]) -> None:
    one, other = (min(cut, len(text)) for cut in cuts)
    assume(one != other)

    assert derive(SALT, Code(text[:one]), State(text[one:])) != derive(SALT, Code(text[:other]), State(text[other:]))


@given(salt=SALTS, code=CODES, state=STATES)
def test_a_code_has_256_bits_and_fits_into_a_fragment(salt: bytes, code: Code, state: State) -> None:
    shown = derive(salt, code, state)

    assert len(urlsafe_b64decode(shown + "=")) == 32
    assert shown.replace("-", "").replace("_", "").isalnum()
    assert shown.isascii()


def test_the_codes_bytes_are_spread() -> None:
    shown = {urlsafe_b64decode(derive(SALT, Code(str(n)), State("s")) + "=") for n in range(300)}

    assert all(len({code[place] for code in shown}) > 100 for place in range(32))


def test_the_table_keeps_a_hash_that_tells_no_code() -> None:
    shown = derive(SALT, Code("c"), State("s"))

    assert fingerprint(shown) == sha256(shown.encode()).digest()
    assert shown.encode() not in fingerprint(shown)


def test_only_the_shown_code_is_accepted() -> None:
    shown = derive(SALT, Code("c"), State("s"))
    redemption = replace(REDEMPTION, salt=SALT, code_hash=fingerprint(shown))

    assert redemption.accepts(shown)
    assert not redemption.accepts(derive(SALT, Code("d"), State("s")))
    assert not redemption.accepts(type(shown)(shown.lower()))
    assert not redemption.accepts(type(shown)(shown + "="))
    assert not redemption.accepts(type(shown)(""))
