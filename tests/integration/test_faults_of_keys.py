"""The key service, the client secret or the queue cannot be had."""

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
from tests.integration.fault_scenarios import Rig, is_try_again
from tests.integration.runner import Runner
from tests.integration.scripted_trainingpeaks import (
    DEAUTHORISE,
    TOKEN,
    ScriptedTrainingPeaks,
    says,
)
from tests.integration.worker import Worker


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
def test_without_the_queue_nothing_is_exchanged_and_the_same_redirect_works_later(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks, aws_calls: AwsCalls, action: Action
) -> None:
    """Of a grant that nobody was told about nobody would take care if we died with it."""
    query = runner.allowed()
    before = trainingpeaks.requests.total()
    with aws_calls.fault("SendMessage", action):
        answer = runner.come_back(query)

    assert is_try_again(answer)
    assert trainingpeaks.requests.total() == before
    assert runner.status().json["attempt"]["status"] == "pending"
    assert runner.come_back(query).outcome == "authorized"


@pytest.mark.parametrize("action", [refused, throttled, failing, unreachable, timed_out])
def test_without_the_queue_a_link_stays_until_its_revocation_can_be_announced(
    runner: Runner, trainingpeaks: ScriptedTrainingPeaks, aws_calls: AwsCalls, action: Action
) -> None:
    runner.linked()
    before = trainingpeaks.requests.total()
    with aws_calls.fault("SendMessage", action):
        assert is_try_again(runner.unlink())

    assert trainingpeaks.requests.total() == before
    assert runner.status().json["connection"] == "active"
    assert runner.unlink().status == 204


@pytest.mark.parametrize("action", [refused, throttled, failing, unreachable, timed_out])
def test_unlinking_does_not_need_the_key(
    rig: Rig, worker: Worker, capfd: pytest.CaptureFixture[str], action: Action
) -> None:
    """The worker revokes once the key can be had."""
    runner = rig.runner
    runner.linked()
    with rig.aws_calls.fault("Decrypt", action):
        assert runner.unlink().status == 204

    assert '"RevocationLeftToWorker"' in capfd.readouterr().out
    assert runner.status().json["linked"] is False
    assert len(rig.stored.released_of(runner.user)) == 1
    assert not worker.drain()
    assert not rig.stored.grants_of(runner.user)
    assert not rig.trainingpeaks.simulator.live_grants(runner.athlete.id)
    rig.stored.let_fence_pass(runner.athlete.id)
    runner.linked()


@pytest.mark.usefixtures("cold")
def test_unlinking_does_not_need_the_client_secret(rig: Rig, worker: Worker) -> None:
    """The worker refreshes and revokes once the secret can be had."""
    runner = rig.runner
    runner.linked()
    wiring.forget()
    rig.trainingpeaks.script(DEAUTHORISE, says(401, {}))
    with rig.aws_calls.fault("GetSecretValue", refused):
        assert runner.unlink().status == 204

    assert runner.status().json["linked"] is False
    assert len(rig.stored.released_of(runner.user)) == 1
    assert not worker.drain()
    assert not rig.stored.grants_of(runner.user)
    assert not rig.trainingpeaks.simulator.live_grants(runner.athlete.id)


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
