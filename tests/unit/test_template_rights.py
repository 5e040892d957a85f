"""The policies of template.yaml give each function what it needs, and no more."""

from collections.abc import Iterator
from typing import Any

import pytest

from account_link import token_cipher
from local.template import Template, functions, resources

RIGHTS = {
    "StartAuthFunction": {"dynamodb:UpdateItem"},
    "CallbackFunction": {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "dynamodb:PutItem",
        "kms:GenerateDataKey",
        "secretsmanager:GetSecretValue",
        "sqs:SendMessage",
    },
    "ConfirmFunction": {"dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"},
    "StatusFunction": {"dynamodb:GetItem"},
    "ToggleFunction": {"dynamodb:UpdateItem"},
    "UnlinkFunction": {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "secretsmanager:GetSecretValue",
        "sqs:SendMessage",
    },
    "RevokeFunction": {
        "dynamodb:GetItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "secretsmanager:GetSecretValue",
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
    },
}
SEALERS = {"CallbackFunction", "UnlinkFunction", "RevokeFunction"}
OPENERS = {"UnlinkFunction", "RevokeFunction"}
RESOURCES = {
    "dynamodb": {"Fn::GetAtt": ["LinkTable", "Arn"]},
    "kms": {"Fn::GetAtt": ["TokenKey", "Arn"]},
    "secretsmanager": {"Ref": "ClientSecret"},
    "sqs": {"Fn::GetAtt": ["RevocationQueue", "Arn"]},
}
CRYPTOGRAPHY = {
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
}
THROUGH_DYNAMODB = {"StringEquals": {"kms:ViaService": {"Fn::Sub": "dynamodb.${AWS::Region}.${AWS::URLSuffix}"}}}
THROUGH_SQS = {"StringEquals": {"kms:ViaService": {"Fn::Sub": "sqs.${AWS::Region}.${AWS::URLSuffix}"}}}
ONE_GRANT_OF_ONE_USER = {
    "StringEquals": {"kms:EncryptionContext:purpose": token_cipher.PURPOSE},
    "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["user", "purpose", "grant"]},
    "Null": {"kms:EncryptionContext:user": "false", "kms:EncryptionContext:grant": "false"},
}

type Statement = dict[str, Any]


@pytest.fixture(scope="module")
def key(template: Template) -> dict[str, Any]:
    (key,) = resources(template, "AWS::KMS::Key").values()
    return key


def _actions(statement: Statement) -> list[str]:
    actions: str | list[str] = statement["Action"]
    return [actions] if isinstance(actions, str) else actions


def _own_statements(template: Template, function: str) -> Iterator[Statement]:
    for policy in functions(template)[function]["Policies"]:
        yield from policy.get("Statement", [])


def _all_statements(template: Template, function: str) -> Iterator[Statement]:
    """Yield a function's own statements and those of the policies that it names."""
    yield from _own_statements(template, function)
    managed = resources(template, "AWS::IAM::ManagedPolicy")
    for policy in functions(template)[function]["Policies"]:
        if "Ref" in policy:
            yield from managed[policy["Ref"]]["PolicyDocument"]["Statement"]


def _uses_the_queue(function: str) -> bool:
    return any(action.startswith("sqs:") for action in RIGHTS[function])


def test_every_function_is_judged(template: Template) -> None:
    assert RIGHTS.keys() == functions(template).keys()


@pytest.mark.parametrize("function", RIGHTS)
def test_a_function_has_the_rights_it_needs_and_no_more(template: Template, function: str) -> None:
    statements = list(_own_statements(template, function))
    actions = [action for statement in statements for action in _actions(statement)]
    assert sorted(actions) == sorted(RIGHTS[function])
    for statement in statements:
        (service,) = {action.partition(":")[0] for action in _actions(statement)}
        assert statement["Resource"] == RESOURCES[service]


@pytest.mark.parametrize("function", RIGHTS)
def test_no_function_may_do_everything_of_a_kind(template: Template, function: str) -> None:
    for statement in _all_statements(template, function):
        assert statement["Effect"] == "Allow"
        assert not [action for action in _actions(statement) if "*" in action]
        assert statement["Resource"] != "*"
        assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys()


@pytest.mark.parametrize("function", RIGHTS)
def test_sealed_tokens_open_for_unlink_and_the_worker_only(template: Template, function: str) -> None:
    conditions = [
        statement["Condition"]
        for statement in _all_statements(template, function)
        if "kms:Decrypt" in _actions(statement)
    ]
    straight = [ONE_GRANT_OF_ONE_USER] if function in OPENERS else []
    through_others = [THROUGH_DYNAMODB, *([THROUGH_SQS] if _uses_the_queue(function) else [])]
    assert conditions == straight + through_others


@pytest.mark.parametrize("function", RIGHTS)
def test_a_data_key_is_made_for_one_grant_of_one_user(template: Template, function: str) -> None:
    conditions = [
        statement["Condition"]
        for statement in _own_statements(template, function)
        if "kms:GenerateDataKey" in _actions(statement)
    ]
    assert conditions == ([ONE_GRANT_OF_ONE_USER] if function in SEALERS else [])


def test_the_key_works_for_table_and_queue_and_for_one_users_grant_and_for_nothing_else(key: dict[str, Any]) -> None:
    conditions = [
        statement.get("Condition")
        for statement in key["KeyPolicy"]["Statement"]
        if CRYPTOGRAPHY & set(_actions(statement))
    ]
    assert conditions == [THROUGH_DYNAMODB, THROUGH_SQS, ONE_GRANT_OF_ONE_USER]


def test_only_principals_of_this_account_reach_the_key(key: dict[str, Any]) -> None:
    principals = [statement["Principal"] for statement in key["KeyPolicy"]["Statement"]]
    account = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    assert principals == [account] * len(principals)
