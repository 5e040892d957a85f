import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_link.deadline import Deadline

SECONDS = st.floats(-100, 100)


def test_a_deadline_comes_nearer() -> None:
    deadline = Deadline(10)
    before = deadline.left()
    time.sleep(0.01)

    assert 9 < deadline.left() <= before - 0.01


@given(seconds=SECONDS, reserve=st.floats(0, 100), at_most=st.floats(0, 100))
def test_a_calls_deadline_is_never_later_than_what_it_leaves(seconds: float, reserve: float, at_most: float) -> None:
    deadline = Deadline(seconds)
    call = deadline.earlier(reserve=reserve, at_most=at_most)

    assert 0 <= call.left() <= at_most
    assert call.left() <= max(0, seconds - reserve)


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_missed_deadline_leaves_nothing(seconds: float) -> None:
    assert Deadline(seconds).left() == 0
    assert Deadline(seconds).earlier(reserve=1, at_most=5).left() == 0


def test_a_call_gets_what_is_left_but_for_the_reserve() -> None:
    assert Deadline(20).earlier(reserve=6, at_most=100).left() == pytest.approx(14, abs=0.5)
    assert Deadline(20).earlier(reserve=6, at_most=8).left() == pytest.approx(8, abs=0.5)
