"""AWS on a laptop: moto's server in this process, with the template's table, a key and the client secret in it."""

from __future__ import annotations

import logging
import threading
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app

from local.loopback import LoopbackServer, QuietRequestHandler
from local.template import create_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from local.settings import LocalSettings


@dataclass(frozen=True, slots=True)
class AwsResources:
    """What the functions are told about the AWS resources made for them."""

    key_arn: str
    client_secret_arn: str
    queue_url: str


class OneTableRequestAtATime:
    """Passes DynamoDB requests on one by one: under threads moto's DynamoDB loses writes."""

    def __init__(self, app: WSGIApplication) -> None:
        """Stand in front of moto's application."""
        self._app = app
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; moto has done its work when its application returns."""
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB_"):
            return self._app(environ, start_response)
        with self._lock:
            return self._app(environ, start_response)


class _Handler(QuietRequestHandler, MotoRequestHandler):
    pass


def aws_server() -> LoopbackServer:
    """Return moto's server. What is created there lives as long as this process."""
    for name in ("werkzeug", "moto"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return LoopbackServer(OneTableRequestAtATime(DomainDispatcherApplication(create_backend_app)), handler=_Handler)


def create_resources(settings: LocalSettings) -> AwsResources:
    """Create the template's table, key, client secret and queue, in the services that the environment leads to."""
    kms, secretsmanager, dynamodb = boto3.client("kms"), boto3.client("secretsmanager"), boto3.client("dynamodb")
    sqs = boto3.client("sqs")
    try:
        key_arn = kms.create_key()["KeyMetadata"]["Arn"]
        secret = secretsmanager.create_secret(Name=str(uuid.uuid4()), SecretString=settings.client_secret)
        # No dead letters here: what cannot be revoked is tried for as long as the process lives.
        queue_url = sqs.create_queue(QueueName=str(uuid.uuid4()), Attributes={"VisibilityTimeout": "180"})["QueueUrl"]
        create_table(dynamodb, settings.table_name, key_arn=key_arn)
    finally:
        for client in (kms, secretsmanager, sqs, dynamodb):
            client.close()
    return AwsResources(key_arn=key_arn, client_secret_arn=secret["ARN"], queue_url=queue_url)
