"""TrainingPeaks' redirect, and everything else that a browser can be sent with."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_link.callback_query import CallbackQuery, read
from tests.unit.strategies import anything, unhurried

PARAMETERS = st.lists(st.tuples(st.sampled_from(["state", "code", "error", "x"]), st.text(max_size=6)), max_size=6)
# What makes a query look like one, so that arbitrary text finds the corners.
QUERIES = st.lists(
    st.sampled_from(["state", "code", "error", "=", "&", ";", "%", "+", "%2", "%00", "%FF", "a", "?", "#"]) | anything
).map("".join)


def nonsense(query: CallbackQuery) -> bool:
    return query.code is None and query.error is None


def test_a_code_comes_with_its_state() -> None:
    query = read("code=c-1&state=s-1")

    assert (query.state, query.code, query.error) == ("s-1", "c-1", None)


def test_an_error_comes_with_its_state() -> None:
    query = read("error=access_denied&state=s-1")

    assert (query.state, query.code, query.error) == ("s-1", None, "access_denied")


def test_what_else_trainingpeaks_says_is_passed_over() -> None:
    query = read("error=access_denied&error_description=The+user+said+no&state=s-1&session_state=x&iss=y")

    assert (query.state, query.error) == ("s-1", "access_denied")


@given(state=st.text(min_size=1, max_size=40), code=st.text(min_size=1, max_size=40))
def test_any_state_and_code_arrive_as_they_were_sent(state: str, code: str) -> None:
    query = read(urlencode({"code": code, "state": state}))

    assert (query.state, query.code) == (state, code)


@pytest.mark.parametrize(
    "raw",
    [
        "state=s-1",
        "state=s-1&code=c&error=e",
        "state=s-1&code=&error=",
        "state=s-1&code=",
        "state=s-1&error=",
        "state=s-1&code=c&error=",
        "state=s-1&code=&error=e",
        "state=s-1&code=c&code=c",
        "state=s-1&code=c&code=d",
        "state=s-1&error=e&error=e",
        "state=s-1&code=c&code=",
        "state=s-1&code=c&x=1&x=2",
        "state=s-1&code=c&%63ode=c",
        "state=s-1&Code=c",
        "state=s-1&code[]=c",
        "state=s-1&code=" + "c" * 4097,
        "state=s-1;code=c",
    ],
)
def test_a_redirect_that_makes_no_sense_has_neither_code_nor_error(raw: str) -> None:
    assert nonsense(read(raw))


def test_nonsense_still_leads_back_to_the_attempt() -> None:
    assert read("state=s-1").state == "s-1"
    assert read("state=s-1&code=c&error=e").state == "s-1"
    assert read("state=s-1&code=c&code=d").state == "s-1"
    assert read("state=s-1&code=" + "c" * 4097).state == "s-1"


@pytest.mark.parametrize("raw", ["", "code=c", "error=e", "code=c&state=s&state=s", "state=s&state=t", "state", "&&"])
def test_without_one_state_no_attempt_is_meant(raw: str) -> None:
    assert not read(raw).state


def test_a_state_given_twice_is_none() -> None:
    assert read("code=c&state=s&state=s") == CallbackQuery(None)
    assert read("code=c&state=s&%73tate=s") == CallbackQuery(None)


def test_lengths_are_of_what_was_meant_not_of_its_spelling() -> None:
    longest = "s" * 512, "c" * 4096

    query = read("state=" + "%73" * 512 + "&code=" + "c" * 4096)

    assert (query.state, query.code) == longest
    assert read("code=c&state=" + "s" * 513).state is None
    assert nonsense(read("state=s&code=" + "%63" * 4097))


def test_a_plus_is_a_space_and_percent_2b_a_plus() -> None:
    assert read("code=a+b%2Bc&state=s").code == "a b+c"


def test_a_semicolon_parts_nothing() -> None:
    query = read("code=c;x=1&state=s")

    assert (query.code, query.state) == ("c;x=1", "s")


@pytest.mark.parametrize("raw", ["code=%FF%FE&state=s", "code=%ED%A0%80&state=s", "code=%&state=s", "code=%zz&state=s"])
def test_broken_percent_encoding_is_a_code_that_nobody_gave(raw: str) -> None:
    query = read(raw)

    assert query.state == "s"
    assert query.code
    assert query.code.encode()


def test_thousands_of_parameters_are_nonsense_and_no_crash() -> None:
    assert nonsense(read("&".join(f"p{n}=v" for n in range(20_000)) + "&state=s&code=c"))
    assert nonsense(read("&" * 20_000 + "state=s&code=c"))
    assert nonsense(read("state=s&" * 1000 + "code=c"))


@unhurried
@given(raw=QUERIES)
def test_any_query_is_read_without_a_crash(raw: str) -> None:
    query = read(raw)

    assert query.code is None or query.error is None
    assert query.code != ""
    assert query.error != ""
    assert len(query.state or "") <= 512
    assert len(query.code or "") <= 4096


@given(parameters=PARAMETERS)
def test_a_parameter_given_twice_is_never_chosen_from(parameters: list[tuple[str, str]]) -> None:
    names = [name for name, _ in parameters]
    query = read(urlencode(parameters))

    if len(set(names)) < len(names):
        assert nonsense(query)
    if names.count("state") > 1:
        assert query.state is None
