"""The client secret: fetched late, kept for a while, fetched anew when TrainingPeaks did not like it."""

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from account_link.client_secret import ClientSecret
from account_link.errors import TryAgainError
from tests.fakes import SecretsManager

NAME = "kinni/trainingpeaks"


def test_the_secret_is_asked_for_when_it_is_first_needed() -> None:
    aws = SecretsManager("first")

    secret = ClientSecret(aws.client, NAME)

    assert aws.asked == []
    assert secret.value() == "first"
    assert aws.asked == [NAME]


def test_the_secret_is_kept() -> None:
    aws = SecretsManager("first")
    secret = ClientSecret(aws.client, NAME)

    assert [secret.value(), secret.value()] == ["first", "first"]
    assert len(aws.asked) == 1


def test_a_secret_that_was_refused_is_fetched_anew_once() -> None:
    aws = SecretsManager("first")
    secret = ClientSecret(aws.client, NAME)
    secret.value()
    aws.secret = "rotated"

    assert secret.value() == "first"
    secret.forget()
    assert [secret.value(), secret.value()] == ["rotated", "rotated"]
    assert len(aws.asked) == 2


@pytest.mark.parametrize(
    "fault", [EndpointConnectionError(endpoint_url="https://x"), ReadTimeoutError(endpoint_url="https://x")]
)
def test_an_unreachable_secrets_manager_means_try_again(fault: Exception) -> None:
    aws = SecretsManager("first")
    aws.fault = fault
    secret = ClientSecret(aws.client, NAME)

    with pytest.raises(TryAgainError):
        secret.value()
    aws.fault = None
    assert secret.value() == "first"


def test_a_secret_once_forgotten_stays_so_until_a_new_one_comes() -> None:
    aws = SecretsManager("first")
    secret = ClientSecret(aws.client, NAME)
    secret.value()
    secret.forget()
    aws.fault = EndpointConnectionError(endpoint_url="https://x")

    with pytest.raises(TryAgainError):
        secret.value()
    aws.fault, aws.secret = None, "rotated"
    assert secret.value() == "rotated"


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ThrottlingException", "ResourceNotFoundException", "InternalServiceError"]
)
def test_a_refusing_secrets_manager_means_try_again(code: str) -> None:
    client = SecretsManager().client
    with Stubber(client) as stubber:
        stubber.add_client_error("get_secret_value", code)
        with pytest.raises(TryAgainError):
            ClientSecret(client, NAME).value()


def test_a_printed_client_secret_is_none() -> None:
    secret = ClientSecret(SecretsManager("MARK").client, NAME)
    secret.value()

    assert "MARK" not in repr(secret)
