"""Every failure is known by a code, and says to a person what to do."""

import pytest

from account_link import errors, exchange, table, token_cipher, wiring
from account_link.errors import InvalidGrantError, LinkError, ReauthorizationRequiredError, TrainingPeaksError
from account_link.models import Outcome
from account_link.page_texts import TEXTS

MODULES_WITH_ERRORS = (errors, exchange, table, token_cipher, wiring)
"""Loaded, so that every subclass is there to be found."""


def family[E: Exception](base: type[E]) -> list[type[E]]:
    found: list[type[E]] = [
        *base.__subclasses__(),
        *(heir for child in base.__subclasses__() for heir in family(child)),
    ]
    return sorted(set(found), key=lambda error: error.__name__)


# What the table raises inside its own module is told to the app as the error that it is a kind of.
TOLD = [error for error in family(LinkError) if error.__module__ == errors.__name__]


def test_the_families_were_found() -> None:
    assert len(TOLD) >= 12
    assert ReauthorizationRequiredError in TOLD
    assert InvalidGrantError in family(TrainingPeaksError)


def test_no_two_errors_share_a_code() -> None:
    everyone: list[type[LinkError]] = [LinkError, *TOLD]
    codes = [error.code for error in everyone]

    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("error", TOLD)
def test_an_error_has_a_code_a_title_and_advice_of_its_own(error: type[LinkError]) -> None:
    assert {"code", "title", "detail"} <= vars(error).keys()
    assert error.code.replace("_", "").isalpha()
    assert error.code.islower()
    assert error.detail.endswith(".")
    assert error.title != error.detail


@pytest.mark.parametrize("error", [*family(LinkError), *family(TrainingPeaksError)])
def test_an_errors_name_states_the_fact(error: type[Exception]) -> None:
    assert error.__name__.endswith("Error")
    assert error.__doc__


@pytest.mark.parametrize("error", family(TrainingPeaksError))
def test_whatever_trainingpeaks_does_has_an_outcome(error: type[TrainingPeaksError]) -> None:
    assert exchange.OUTCOMES[error] in Outcome


@pytest.mark.parametrize("outcome", [*Outcome, None])
def test_every_outcome_has_words_for_the_page(outcome: Outcome | None) -> None:
    assert TEXTS[outcome].title
    assert TEXTS[outcome].advice.endswith(".")
