"""The roles of template.yaml, as AWS gets them, give each function what it needs, and no more.

`tests/integration/test_rights_used.py` holds them against what the functions ask for.
"""

import pytest

from account_link import items, token_cipher
from account_link.models import GrantId, UserId
from local.template import Template
from tests.iam import Statement, functions, is_like, role, statements

USER, GRANT, ATHLETE = "USER#*", "GRANT#*", "ATHLETE#*"
ITEMS: dict[str, dict[str, list[str]]] = {
    "StartAuthFunction": {"UpdateItem": [USER]},
    "CallbackFunction": {"GetItem": [USER], "UpdateItem": [USER], "PutItem": [GRANT]},
    "ConfirmFunction": {
        "GetItem": [USER],
        "UpdateItem": [USER, ATHLETE, GRANT],
        # Grants are all that it deletes, in a transaction with the others.
        "DeleteItem": [USER, ATHLETE, GRANT],
    },
    "StatusFunction": {"GetItem": [USER]},
    "ToggleFunction": {"UpdateItem": [USER]},
    "UnlinkFunction": {"GetItem": [USER, GRANT], "UpdateItem": [USER, ATHLETE, GRANT], "DeleteItem": [GRANT]},
    "RevokeFunction": {"GetItem": [USER, GRANT], "UpdateItem": [ATHLETE, GRANT], "DeleteItem": [GRANT]},
}
SEALERS = {"CallbackFunction", "UnlinkFunction", "RevokeFunction"}
OPENERS = {"UnlinkFunction", "RevokeFunction"}
QUEUE = {
    "CallbackFunction": {"sqs:SendMessage"},
    "UnlinkFunction": {"sqs:SendMessage"},
    "RevokeFunction": {
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
    },
}
ONE_GRANT_OF_ONE_USER = {
    "StringEquals": {"kms:EncryptionContext:purpose": token_cipher.PURPOSE},
    "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["user", "purpose", "grant"]},
    "Null": {"kms:EncryptionContext:user": "false", "kms:EncryptionContext:grant": "false"},
}
TRACING = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}


def _of(template: Template, function: str, service: str) -> list[Statement]:
    """Return the statements of a function's role about one service."""
    return [
        statement
        for statement in statements(template, function)
        if any(action.startswith(f"{service}:") for action in statement.actions)
    ]


def _straight_to_the_key(template: Template, function: str) -> list[Statement]:
    """Return those about the key but for what AWS does with it in the function's name: see test_template_key."""
    return [statement for statement in _of(template, function, "kms") if not statement.is_used_through_others()]


def test_every_function_is_judged(transformed: Template) -> None:
    assert sorted(ITEMS) == sorted(functions(transformed))


def test_each_function_has_a_role_of_its_own(transformed: Template) -> None:
    roles = [transformed["Resources"][name]["Properties"]["Role"]["Fn::GetAtt"][0] for name in ITEMS]
    assert len(set(roles)) == len(ITEMS)
    for name in ITEMS:
        trust = role(transformed, name)["AssumeRolePolicyDocument"]["Statement"]
        assert trust == [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]


@pytest.mark.parametrize("function", ITEMS)
def test_the_transformation_adds_nothing_to_a_role(template: Template, transformed: Template, function: str) -> None:
    """Roles that SAM makes have AWS's own policies, which are for every log and every queue of the account."""
    assert statements(transformed, function) == statements(template, function)
    assert role(transformed, function)["ManagedPolicyArns"] == [
        {"Ref": "TableKeyPolicy"},
        {"Fn::If": ["IsTraced", {"Ref": "TracePolicy"}, {"Ref": "AWS::NoValue"}]},
    ]


@pytest.mark.parametrize("function", ITEMS)
def test_a_function_has_the_rights_it_needs_and_no_more(transformed: Template, function: str) -> None:
    services = {"dynamodb", "kms", "logs", "xray"}
    services |= {"secretsmanager"} if function in SEALERS else set()
    services |= {"sqs"} if function in QUEUE else set()
    told = [action for statement in statements(transformed, function) for action in statement.actions]
    assert {action.partition(":")[0] for action in told} == services
    straight = [action for statement in _straight_to_the_key(transformed, function) for action in statement.actions]
    assert sorted(straight) == ["kms:Decrypt"] * (function in OPENERS) + ["kms:GenerateDataKey"] * (function in SEALERS)


@pytest.mark.parametrize("function", ITEMS)
def test_a_function_reaches_the_kinds_of_items_it_needs_and_no_others(transformed: Template, function: str) -> None:
    """`Null` is there because nothing in a request is also all of it."""
    given: dict[str, list[str]] = {}
    for statement in _of(transformed, function, "dynamodb"):
        assert statement.resource == "LinkTable"
        assert statement.condition.keys() == {"ForAllValues:StringLike", "Null"}
        assert statement.condition["Null"] == {"dynamodb:LeadingKeys": "false"}
        (kinds,) = statement.condition["ForAllValues:StringLike"].items()
        assert kinds[0] == "dynamodb:LeadingKeys"
        given |= {action.removeprefix("dynamodb:"): kinds[1] for action in statement.actions}
    assert given == ITEMS[function]


def test_the_kinds_of_items_are_those_of_the_table() -> None:
    keys = items.account_key(UserId("u")), items.grant_key(GrantId("g")), items.claim_key(1)
    assert [[is_like(kind, key) for kind in (USER, GRANT, ATHLETE)] for key in keys] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


@pytest.mark.parametrize("function", ITEMS)
def test_no_function_may_do_everything_of_a_kind(transformed: Template, function: str) -> None:
    """X-Ray alone knows no resources, and forces the wildcard."""
    for statement in statements(transformed, function):
        assert not [action for action in statement.actions if "*" in action]
        assert (statement.resource == "*") == (set(statement.actions) == TRACING)


@pytest.mark.parametrize("function", ITEMS)
def test_a_function_writes_to_its_own_log_alone(transformed: Template, function: str) -> None:
    (statement,) = _of(transformed, function, "logs")
    assert set(statement.actions) == {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert transformed["Resources"][function]["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": statement.resource}


@pytest.mark.parametrize("function", ITEMS)
def test_the_client_secret_is_for_who_exchanges_or_refreshes(transformed: Template, function: str) -> None:
    given = [(statement.actions, statement.resource) for statement in _of(transformed, function, "secretsmanager")]
    assert given == [(("secretsmanager:GetSecretValue",), "ClientSecret")] * (function in SEALERS)


@pytest.mark.parametrize("function", ITEMS)
def test_the_queue_is_announced_to_by_some_and_worked_off_by_one(transformed: Template, function: str) -> None:
    given = [(set(statement.actions), statement.resource) for statement in _of(transformed, function, "sqs")]
    assert given == [(QUEUE[name], "RevocationQueue") for name in QUEUE if name == function]


@pytest.mark.parametrize("function", ITEMS)
def test_sealed_tokens_open_for_unlink_and_the_worker_only(transformed: Template, function: str) -> None:
    conditions = [
        statement.condition
        for statement in _straight_to_the_key(transformed, function)
        if "kms:Decrypt" in statement.actions
    ]
    assert conditions == [ONE_GRANT_OF_ONE_USER] * (function in OPENERS)


@pytest.mark.parametrize("function", ITEMS)
def test_a_data_key_is_made_for_one_grant_of_one_user(transformed: Template, function: str) -> None:
    conditions = [
        statement.condition
        for statement in _straight_to_the_key(transformed, function)
        if "kms:GenerateDataKey" in statement.actions
    ]
    assert conditions == [ONE_GRANT_OF_ONE_USER] * (function in SEALERS)
