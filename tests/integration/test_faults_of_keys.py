"""The key service or the client secret cannot be had."""

import pytest

from account_link import wiring
from tests.integration.aws_calls import Action, AwsCalls, requests
from tests.integration.aws_faults import (
    failing,
    refused,
    throttled,
    timed_out,
    unreachable,
)
from tests.integration.fault_scenarios import is_try_again
from tests.integration.runner import Runner
from tests.integration.scripted_trainingpeaks import (
    DEAUTHORISE,
    TOKEN,
    ScriptedTrainingPeaks,
    says,
)
from tests.integration.stored import StoredItems


@pytest.mark.parametrize("action", [refused, throttled, failing, unreachable, timed_out])
def test_without_a_data_key_nothing_is_exchanged_and_the_same_redirect_works_later(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks, aws_calls: AwsCalls, action: Action
) -> None:
    query = runner.allowed()
    before = trainingpeaks.requests.total()
    with aws_calls.fault("GenerateDataKey", action):
        answer = runner.come_back(query)

    assert is_try_again(answer)
    assert trainingpeaks.requests.total() == before
    assert runner.status().json["attempt"]["status"] == "pending"
    landing = runner.come_back(query).landing
    assert landing["outcome"] == "authorized"
    assert runner.present(landing["attempt_id"], landing["confirmation_code"]).status == 200


@pytest.mark.usefixtures("cold")
@pytest.mark.parametrize("action", [refused, throttled, failing, unreachable, timed_out])
def test_without_the_client_secret_nothing_is_exchanged_and_the_same_redirect_works_later(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks, aws_calls: AwsCalls, action: Action
) -> None:
    query = runner.allowed()
    before = trainingpeaks.requests.total()
    with aws_calls.fault("GetSecretValue", action):
        answer = runner.come_back(query)

    assert is_try_again(answer)
    assert trainingpeaks.requests.total() == before
    assert runner.status().json["attempt"]["status"] == "pending"
    assert runner.come_back(query).outcome == "authorized"


@pytest.mark.parametrize("action", [refused, throttled, failing, unreachable, timed_out])
def test_unlinking_does_not_need_the_key(
    runner: Runner, stored: StoredItems, aws_calls: AwsCalls, capfd: pytest.CaptureFixture[str], action: Action
) -> None:
    runner.linked()
    with aws_calls.fault("Decrypt", action):
        answer = runner.unlink()

    assert answer.status == 204
    assert '"revocation":"failed"' in capfd.readouterr().out
    assert runner.status().json["linked"] is False
    assert not stored.grants_of(runner.user)
    runner.linked()


@pytest.mark.usefixtures("cold")
def test_unlinking_does_not_need_the_client_secret(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks, aws_calls: AwsCalls
) -> None:
    runner.linked()
    wiring.forget()
    trainingpeaks.script(DEAUTHORISE, says(401, {}))
    with aws_calls.fault("GetSecretValue", refused):
        assert runner.unlink().status == 204

    assert runner.status().json["linked"] is False


@pytest.mark.usefixtures("cold")
def test_a_client_secret_that_was_replaced_is_fetched_anew_after_a_refusal(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks, aws_calls: AwsCalls
) -> None:
    runner.linked()
    trainingpeaks.script(TOKEN, says(401, {"error": "invalid_client"}))
    assert runner.come_back(runner.allowed()).outcome == "configuration_error"
    with aws_calls.heard() as calls:
        runner.linked()
        runner.linked()

    assert requests(calls, "secrets-manager") == ["GetSecretValue"]
