"""ClientSecret: TrainingPeaks' client secret, fetched from Secrets Manager when first needed."""

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from account_link.errors import TryAgainError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT = timedelta(minutes=5)


class ClientSecret:
    """The secret, kept for five minutes, so that a rotated one is used soon."""

    def __init__(self, client: "SecretsManagerClient", name: str) -> None:
        self._client = client
        self._name = name
        self._kept = ""
        self._kept_until = 0.0

    def value(self) -> str:
        """Return the secret; raise TryAgainError where Secrets Manager does not give it."""
        if not self._kept or time.monotonic() >= self._kept_until:
            self._kept = self._fetched()
            self._kept_until = time.monotonic() + KEPT.total_seconds()
        return self._kept

    def forget(self) -> None:
        """Fetch the secret anew next time: TrainingPeaks did not accept this one."""
        self._kept = ""

    def _fetched(self) -> str:
        try:
            return self._client.get_secret_value(SecretId=self._name)["SecretString"]
        except (ClientError, BotoCoreError) as exc:
            raise TryAgainError from exc
