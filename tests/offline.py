"""The functions' environment in a process where AWS and TrainingPeaks are answered from memory."""

import os

NO_ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Made-up credentials, whatever account this machine is signed in to."""


def environment(service: str, trainingpeaks_url: str, client_id: str, callback_url: str) -> dict[str, str]:
    """Return the variables of functions that count and log as `service`; the table's name is still to come."""
    return {
        "DEPLOYMENT": "local",
        "TOKEN_KEY_ID": "key",
        "CLIENT_SECRET_NAME": "secret",
        "REVOCATION_QUEUE_URL": "http://queue.invalid/1/revocations",
        "STATE_KEY": "5" * 64,
        "TRAININGPEAKS_OAUTH_URL": trainingpeaks_url,
        "TRAININGPEAKS_API_URL": trainingpeaks_url,
        "TRAININGPEAKS_CLIENT_ID": client_id,
        "CALLBACK_URL": callback_url,
        "RETURN_URLS": "http://127.0.0.1:3000/",
        "POWERTOOLS_SERVICE_NAME": service,
        "POWERTOOLS_METRICS_NAMESPACE": service,
        **NO_ACCOUNT,
    }
