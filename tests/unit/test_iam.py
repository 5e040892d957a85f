"""The tests' reading of IAM allows what AWS allows, where the template's roles make use of it."""

from typing import Any

import pytest

from tests.iam import Asked, Right, Statement, is_like, managed_policies, statements

ACTION, TABLE = "dynamodb:GetItem", "LinkTable"
KEYS = "dynamodb:LeadingKeys"
ACCOUNTS: dict[str, dict[str, Any]] = {"ForAllValues:StringLike": {KEYS: ["USER#*"]}, "Null": {KEYS: "false"}}


def _asked(*keys: str, action: str = ACTION, resource: str = TABLE) -> Asked:
    return Asked(action, resource, {KEYS: frozenset(keys)} if keys else {})


def _template(**role: Any) -> dict[str, Any]:  # noqa: ANN401 -- parts of a role
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Fn::GetAtt": ["ARole", "Arn"]}}}
    made = {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": [], "Policies": []} | role}
    return {"Resources": {"AFunction": function, "ARole": made}}


def _says(**statement: Any) -> dict[str, Any]:  # noqa: ANN401 -- parts of a statement
    whole = {"Effect": "Allow", "Action": ACTION, "Resource": {"Ref": TABLE}} | statement
    return _template(Policies=[{"PolicyDocument": {"Statement": [whole]}}])


def test_a_statement_is_for_its_actions_on_its_resource() -> None:
    statement = Statement((ACTION,), TABLE, {})
    assert statement.allows(_asked("USER#1"))
    assert not statement.allows(_asked("USER#1", action="dynamodb:PutItem"))
    assert not statement.allows(_asked("USER#1", resource="another"))


@pytest.mark.parametrize(
    ("keys", "allowed"),
    [
        (["USER#1"], True),
        (["USER#1", "USER#2"], True),
        (["GRANT#1"], False),
        (["USER#1", "GRANT#1"], False),
        (["XUSER#1"], False),
        ([], False),
    ],
)
def test_all_keys_must_be_of_a_kind_and_there_must_be_one(keys: list[str], allowed: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    assert Statement((ACTION,), TABLE, ACCOUNTS).allows(_asked(*keys)) is allowed


def test_without_null_no_key_would_be_all_keys() -> None:
    """As AWS documents; the template's tests hold that `Null` is there."""
    assert Statement((ACTION,), TABLE, {"ForAllValues:StringLike": {KEYS: ["USER#*"]}}).allows(_asked())


def test_a_value_that_is_asked_for_must_be_told() -> None:
    statement = Statement((ACTION,), TABLE, {"StringEquals": {"kms:ViaService": "a service"}})
    assert not statement.allows(_asked())
    assert statement.allows(Asked(ACTION, TABLE, {"kms:ViaService": frozenset({"a service"})}))
    assert not statement.allows(Asked(ACTION, TABLE, {"kms:ViaService": frozenset({"another"})}))


@pytest.mark.parametrize(
    ("pattern", "value", "alike"),
    [
        ("USER#*", "USER#", True),
        ("USER#*", "USER#a\n*", True),
        ("a?", "ab", True),
        ("a?", "a", False),
        ("[a]", "a", False),
    ],
)
def test_a_pattern_knows_two_wildcards(pattern: str, value: str, alike: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    assert is_like(pattern, value) is alike


def test_each_value_of_a_condition_is_a_right_of_its_own() -> None:
    statement = Statement((ACTION,), TABLE, {"ForAllValues:StringLike": {KEYS: ["USER#*", "GRANT#*"]}})
    user, grant = statement.rights()
    assert (user, grant) == (Right(ACTION, TABLE, KEYS, "USER#*"), Right(ACTION, TABLE, KEYS, "GRANT#*"))
    assert statement.uses(user, _asked("USER#1"))
    assert not statement.uses(grant, _asked("USER#1"))
    assert not statement.uses(user, _asked("USER#1", "ATHLETE#1"))


def test_a_right_without_conditions_is_one() -> None:
    assert list(Statement((ACTION,), TABLE, {"Null": {KEYS: "false"}}).rights()) == [Right(ACTION, TABLE)]


@pytest.mark.parametrize(
    "written",
    [
        {"Effect": "Deny"},
        {"NotAction": "dynamodb:PutItem"},
        {"Resource": [{"Ref": TABLE}, {"Ref": "another"}]},
        {"Resource": {"Fn::Sub": "${LinkTable.Arn}/*"}},
        {"Resource": "arn:aws:dynamodb:*:*:table/*"},
    ],
)
def test_what_it_does_not_know_is_not_judged(written: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"another kind|not one resource"):
        statements(_says(**written), "AFunction")


def test_an_operator_that_it_does_not_know_is_not_judged() -> None:
    (statement,) = statements(_says(Condition={"StringNotLike": {KEYS: "USER#*"}}), "AFunction")
    with pytest.raises(ValueError, match="StringNotLike"):
        statement.allows(_asked("USER#1"))


def test_a_policy_of_awss_own_is_not_judged() -> None:
    """What is in it is not in the template."""
    with pytest.raises(TypeError):
        managed_policies({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]})


def test_a_policy_that_depends_on_a_condition_counts() -> None:
    named = {"Fn::If": ["IsTraced", {"Ref": "TracePolicy"}, {"Ref": "AWS::NoValue"}]}
    assert managed_policies({"ManagedPolicyArns": [named, {"Ref": "Another"}]}) == ["TracePolicy", "Another"]
