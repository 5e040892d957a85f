"""The project's key: AWS uses it for the table and the queue in a function's name, and nobody for anything else."""

from typing import Any

import pytest

from account_link import token_cipher
from local.template import Template, functions, load_template, resources
from tests.iam import Statement, listed, statements

FUNCTIONS = sorted(functions(load_template()))
QUEUES_KEY = {
    "CallbackFunction": {"kms:Decrypt", "kms:GenerateDataKey"},
    "UnlinkFunction": {"kms:Decrypt", "kms:GenerateDataKey"},
    "RevokeFunction": {"kms:Decrypt"},
}
USE_OF_THE_TABLES_KEY = {
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
}
CRYPTOGRAPHY = USE_OF_THE_TABLES_KEY - {"kms:DescribeKey"} | {"kms:CreateGrant"}
THROUGH_DYNAMODB = {"StringEquals": {"kms:ViaService": {"Fn::Sub": "dynamodb.${AWS::Region}.${AWS::URLSuffix}"}}}
THROUGH_SQS = {"StringEquals": {"kms:ViaService": {"Fn::Sub": "sqs.${AWS::Region}.${AWS::URLSuffix}"}}}
ONE_GRANT_OF_ONE_USER = {
    "StringEquals": {"kms:EncryptionContext:purpose": token_cipher.PURPOSE},
    "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["user", "purpose", "grant"]},
    "Null": {"kms:EncryptionContext:user": "false", "kms:EncryptionContext:grant": "false"},
}


@pytest.fixture(scope="module")
def key(template: Template) -> dict[str, Any]:
    (key,) = resources(template, "AWS::KMS::Key").values()
    return key


def _through_others(template: Template, function: str, condition: dict[str, Any]) -> list[Statement]:
    return [statement for statement in statements(template, function) if statement.condition == condition]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_tables_key_is_used_through_dynamodb_alone(transformed: Template, function: str) -> None:
    """DynamoDB uses it in the name of who reads or writes, so no function is seen to; it documents these."""
    (statement,) = _through_others(transformed, function, THROUGH_DYNAMODB)
    assert (set(statement.actions), statement.resource) == (USE_OF_THE_TABLES_KEY, "TokenKey")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_queues_key_is_used_through_sqs_alone(transformed: Template, function: str) -> None:
    """SQS uses it in the name of who sends, for which it documents both, or receives, for which it is one."""
    given = [
        (set(statement.actions), statement.resource)
        for statement in _through_others(transformed, function, THROUGH_SQS)
    ]
    assert given == [(QUEUES_KEY[name], "TokenKey") for name in QUEUES_KEY if name == function]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_key_is_used_through_nothing_else(transformed: Template, function: str) -> None:
    through = [statement for statement in statements(transformed, function) if statement.is_used_through_others()]
    expected = [THROUGH_SQS] * (function in QUEUES_KEY) + [THROUGH_DYNAMODB]
    assert [statement.condition for statement in through] == expected


def test_the_key_works_for_table_and_queue_and_for_one_users_grant_and_for_nothing_else(key: dict[str, Any]) -> None:
    conditions = [
        statement.get("Condition")
        for statement in key["KeyPolicy"]["Statement"]
        if CRYPTOGRAPHY & set(listed(statement["Action"]))
    ]
    assert conditions == [THROUGH_DYNAMODB, THROUGH_SQS, ONE_GRANT_OF_ONE_USER]


def test_only_principals_of_this_account_reach_the_key(key: dict[str, Any]) -> None:
    principals = [statement["Principal"] for statement in key["KeyPolicy"]["Statement"]]
    account = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    assert principals == [account] * len(principals)
