"""The environment that the functions find, as the template declares it and Lambda would set it."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

from local.loopback import HOST
from local.template import function_environment, functions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.aws import AwsResources
    from local.settings import LocalSettings, TrainingPeaksService
    from local.template import Template

REGION = "eu-central-1"
ACCESS_KEY = "local"
CALLBACK_PATH = "/v1/trainingpeaks/callback"
APP_RETURN_URL = "kinni://connected-apps/trainingpeaks"
# What the developer's own shell says about these must reach no function.
OTHERS_PREFIXES = ("AWS_", "TRAININGPEAKS_", "POWERTOOLS_")
OTHERS_NAMES = frozenset({"LOCAL_USER_ID"})


@contextmanager
def own_environment() -> Iterator[None]:
    """Keep the developer's variables out for a while; put everything back as it was afterwards."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(OTHERS_PREFIXES) or name in OTHERS_NAMES:
            del os.environ[name]
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def loopback_environment() -> dict[str, str]:
    """Return what keeps calls to this machine away from a proxy, in both spellings that libraries look for."""
    return {name: ",".join(filter(None, [os.environ.get(name), HOST])) for name in ("NO_PROXY", "no_proxy")}


def aws_environment(aws_url: str, dynamodb_url: str | None) -> dict[str, str]:
    """Return what leads the AWS SDK to the local server and away from the developer's own account."""
    return {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_url or aws_url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def function_settings(
    settings: LocalSettings, resources: AwsResources, trainingpeaks: TrainingPeaksService, api_url: str
) -> dict[str, str]:
    """Return the values that the template takes from its parameters and resources."""
    return {
        "DEPLOYMENT": "local",
        "TABLE_NAME": settings.table_name,
        "TOKEN_KEY_ID": resources.key_arn,
        "CLIENT_SECRET_NAME": resources.client_secret_arn,
        "REVOCATION_QUEUE_URL": resources.queue_url,
        "STATE_KEY": secrets.token_hex(32),
        "TRAININGPEAKS_OAUTH_URL": trainingpeaks.oauth_url,
        "TRAININGPEAKS_API_URL": trainingpeaks.api_url,
        "TRAININGPEAKS_CLIENT_ID": settings.client_id,
        "CALLBACK_URL": api_url + CALLBACK_PATH,
        "RETURN_URLS": f"{api_url}/,{APP_RETURN_URL}",
        "POWERTOOLS_SERVICE_NAME": "local",
    }


def declared_texts(template: Template) -> dict[str, str]:
    """Return the variables to which the template itself gives a value, such as LOG_LEVEL."""
    declared = (function_environment(template, name) for name in functions(template))
    return {name: value for values in declared for name, value in values.items() if isinstance(value, str)}
