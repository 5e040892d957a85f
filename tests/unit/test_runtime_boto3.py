"""The layer ships no boto3: Lambda's is used. What is used of it stands here, and the code is held against it."""

import ast
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from bench.artefacts import LAYER_SOURCE

CONDITIONAL = {
    "TableName",
    "Key",
    "ConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ReturnValuesOnConditionCheckFailure",
}
OPERATIONS = {
    ("dynamodb", "GetItem"): {"TableName", "Key", "ConsistentRead"},
    ("dynamodb", "PutItem"): {"TableName", "Item"},
    ("dynamodb", "UpdateItem"): CONDITIONAL | {"UpdateExpression", "ReturnValues"},
    ("dynamodb", "DeleteItem"): CONDITIONAL,
    ("dynamodb", "TransactWriteItems"): {"TransactItems", "ClientRequestToken"},
    ("kms", "GenerateDataKey"): {"KeyId", "KeySpec", "EncryptionContext"},
    ("kms", "Decrypt"): {"KeyId", "CiphertextBlob", "EncryptionContext"},
    ("secretsmanager", "GetSecretValue"): {"SecretId"},
    ("sqs", "SendMessage"): {"QueueUrl", "MessageBody", "DelaySeconds"},
    ("sqs", "ChangeMessageVisibility"): {"QueueUrl", "ReceiptHandle", "VisibilityTimeout"},
}
IMPORTED = {"boto3", "botocore.config", "botocore.exceptions"}
BY_POWERTOOLS = {"GetSecretValue"}


def _client(service: str) -> Any:  # noqa: ANN401 - the stubs have an overload for each service, and none for a name
    session: Any = boto3.Session(region_name="eu-central-1")
    return session.client(service)


def _trees() -> Iterator[ast.Module]:
    for file in sorted(Path(LAYER_SOURCE / "account_link").glob("*.py")):
        yield ast.parse(file.read_text(encoding="utf-8"))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module)):
                yield module
            case ast.Import(names=names):
                yield from (name.name for name in names)


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_boto3_has_what_is_used(service: str, name: str) -> None:
    model = _client(service).meta.service_model.operation_model(name)

    assert OPERATIONS[service, name] <= set(model.input_shape.members)


def test_the_parts_of_a_transaction_are_conditional() -> None:
    model = _client("dynamodb").meta.service_model
    part = model.operation_model("TransactWriteItems").input_shape.members["TransactItems"].member

    for kind in ("Update", "Delete"):
        assert set(part.members[kind].members) >= CONDITIONAL


def test_the_layer_imports_nothing_else_of_boto3() -> None:
    imported = {name for tree in _trees() for name in _imports(tree) if name.startswith("boto")}

    assert imported == IMPORTED


def test_the_layer_calls_nothing_else() -> None:
    called = {
        client.meta.method_to_api_mapping[method]
        for service in {service for service, _ in OPERATIONS}
        for client in [_client(service)]
        for tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr in {"_client", "_kms", "_sqs"}
        for method in [node.attr]
        if method in client.meta.method_to_api_mapping
    }

    assert called == {name for _, name in OPERATIONS} - BY_POWERTOOLS


def test_the_clients_can_be_configured_as_they_are() -> None:
    config: Any = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})

    assert config.retries == {"mode": "standard", "total_max_attempts": 2}


def test_boto3_brings_the_package_that_the_layer_leaves_out() -> None:
    assert any(requirement.startswith("jmespath") for requirement in requires("botocore") or ())
