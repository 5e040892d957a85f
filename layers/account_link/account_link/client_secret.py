"""ClientSecret: TrainingPeaks' client secret, fetched from Secrets Manager when first needed."""

from datetime import timedelta
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from account_link.aws_errors import try_again

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT = timedelta(minutes=5)


class ClientSecret:
    """The secret, kept for five minutes, so that a rotated one is used soon."""

    def __init__(self, client: "SecretsManagerClient", name: str) -> None:
        self._provider = SecretsProvider(boto3_client=client)
        self._name = name
        self._stale = False

    def value(self) -> str:
        """Return the secret; raise TryAgainError where Secrets Manager does not give it."""
        try:
            kept = int(KEPT.total_seconds())
            secret = self._provider.get(self._name, max_age=kept, force_fetch=self._stale)
        except GetParameterError as exc:
            # Powertools' own error says no more than that; the cause is AWS's.
            raise try_again(cause if isinstance(cause := exc.__cause__, Exception) else exc) from exc
        self._stale = False
        return str(secret)

    def forget(self) -> None:
        """Fetch the secret anew next time: TrainingPeaks did not accept this one."""
        self._stale = True
