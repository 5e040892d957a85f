"""What becomes of a link whose refresh TrainingPeaks refuses, or does not answer."""

from datetime import timedelta

import pytest

from account_link.errors import (
    ReauthorizationRequiredError,
    TrainingPeaksDownError,
)
from account_link.models import Connection, TokenSet
from tests.integration.scripted_trainingpeaks import (
    TOKEN,
    Reply,
    after,
    breaks_off,
    says,
    sends,
)
from tests.integration.token_life import (
    Calls,
    TokenLife,
    counted,
    itself,
    times_out,
)


def test_one_whose_grant_was_ended_must_link_again_and_then_goes_on(life: TokenLife) -> None:
    user, calls = life.linked(), Calls(refusals=0)
    life.outlive_tokens()
    life.trainingpeaks.script(TOKEN, says(400, {"error": "invalid_grant"}))
    for _ in range(2):
        with pytest.raises(ReauthorizationRequiredError):
            life.use(user, calls)
    assert not calls.seen

    life.linked(user)
    assert life.works(life.use(user, itself))


UNWILLING: dict[str, tuple[Reply, timedelta]] = {
    "429": (sends(429, b"", **{"Retry-After": "120"}), timedelta(seconds=120)),
    "429 without a wait": (sends(429, b""), timedelta(seconds=30)),
    "408": (says(408, {"error": "invalid_grant"}), timedelta(seconds=30)),
    "500": (sends(500, b"<html></html>", **{"Retry-After": "7"}), timedelta(seconds=7)),
    "503": (says(503, {"error": "invalid_grant"}), timedelta(seconds=30)),
    "HTML": (sends(200, b"<html></html>"), timedelta(seconds=30)),
    "403 of nobody knows whom": (sends(403, b"<html></html>"), timedelta(seconds=30)),
    "404 of nobody knows whom": (sends(404, b"<html></html>"), timedelta(seconds=30)),
    "no answer": (times_out, timedelta(seconds=30)),
}


@pytest.mark.parametrize(("reply", "wait"), UNWILLING.values(), ids=UNWILLING)
def test_an_unwilling_trainingpeaks_leaves_the_link_as_it_is(life: TokenLife, reply: Reply, wait: timedelta) -> None:
    user = life.linked()
    account, grant = life.services.accounts.read(user), life.grant(user)
    life.outlive_tokens()
    life.trainingpeaks.script(TOKEN, reply)

    with pytest.raises(TrainingPeaksDownError) as raised:
        life.use(user, itself)
    assert raised.value.retry_after == wait
    assert (life.services.accounts.read(user), life.grant(user)) == (account, grant)
    assert life.works(life.use(user, itself))


OUR_FAULT: dict[str, Reply] = {
    "401": says(401, {}),
    "invalid_client": says(400, {"error": "invalid_client"}),
    "unauthorized_client": says(400, {"error": "unauthorized_client"}),
    "invalid_request": says(400, {"error": "invalid_request"}),
    "unsupported_grant_type": says(400, {"error": "unsupported_grant_type"}),
}


@pytest.mark.parametrize("reply", OUR_FAULT.values(), ids=OUR_FAULT)
def test_a_refusal_of_kinni_leaves_the_link_and_alarms(
    life: TokenLife, capfd: pytest.CaptureFixture[str], reply: Reply
) -> None:
    user = life.linked()
    account, grant = life.services.accounts.read(user), life.grant(user)
    life.outlive_tokens()
    life.trainingpeaks.script(TOKEN, reply)

    with pytest.raises(TrainingPeaksDownError):
        life.use(user, itself)
    assert counted(capfd.readouterr().out)["ClientRefused"] == 1
    assert (life.services.accounts.read(user), life.grant(user)) == (account, grant)
    assert life.works(life.use(user, itself))


THE_GRANTS_FAULT: dict[str, Reply] = {
    "invalid_grant": says(400, {"error": "invalid_grant"}),
    "access_denied": says(400, {"error": "access_denied"}),
    "400 without an error": says(400, {}),
    "403 in OAuth's words": says(403, {"error": "invalid_grant"}),
}


@pytest.mark.parametrize("reply", THE_GRANTS_FAULT.values(), ids=THE_GRANTS_FAULT)
def test_a_refusal_of_the_grant_ends_the_link(life: TokenLife, capfd: pytest.CaptureFixture[str], reply: Reply) -> None:
    user = life.linked()
    grant_id = life.grant(user).id
    life.outlive_tokens()
    life.trainingpeaks.script(TOKEN, reply)

    with pytest.raises(ReauthorizationRequiredError):
        life.use(user, itself)
    assert life.link(user).connection is Connection.REAUTHORIZATION_REQUIRED
    assert not life.fence().keys() & {"holder", "grant_id", "asked_at"}
    assert not life.is_stored(grant_id)
    assert counted(capfd.readouterr().out)["ReauthorizationRequired"] == 1


def test_the_athlete_of_an_ended_link_is_free_for_another_user(life: TokenLife) -> None:
    user = life.linked()
    life.outlive_tokens()
    life.trainingpeaks.script(TOKEN, says(400, {"error": "invalid_grant"}))
    with pytest.raises(ReauthorizationRequiredError):
        life.use(user, itself)

    other = life.linked()
    assert life.works(life.use(other, itself))
    with pytest.raises(ReauthorizationRequiredError):
        life.use(user, itself)


def test_a_refused_refresh_uses_the_newer_tokens_of_somebody_else(life: TokenLife) -> None:
    """The first one is so slow that its lease passes, and the second one rotates what it is about to send."""
    user = life.linked()
    life.outlive_tokens()
    newer: list[TokenSet] = []

    def overtake() -> None:
        life.clock.pass_by(timedelta(seconds=45))
        newer.append(life.use(user, itself))

    life.trainingpeaks.script(TOKEN, after(overtake, says(400, {"error": "invalid_grant"})))

    assert life.use(user, itself) == newer[0]
    assert life.link(user).connection is Connection.ACTIVE
    assert life.works(newer[0])


def test_an_answer_that_breaks_off_costs_the_link_only_once_trainingpeaks_says_so(life: TokenLife) -> None:
    user = life.linked()
    life.outlive_tokens()
    life.trainingpeaks.script(TOKEN, breaks_off)

    with pytest.raises(TrainingPeaksDownError):
        life.use(user, itself)
    assert life.link(user).connection is Connection.ACTIVE
    with pytest.raises(ReauthorizationRequiredError):
        life.use(user, itself)
