"""The tests' stand-in for IAM refuses what AWS would refuse."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from local.template import Template
from tests.iam import Asked
from tests.permissions import Permissions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Handler = Callable[[Callable[[], object]], object]

TABLE = "links"
KEY = {"pk": {"S": "USER#somebody"}}
GRANT = {"pk": {"S": "GRANT#something"}}
CLAIM = {"pk": {"S": "ATHLETE#7"}}


VARIABLES = {
    "TABLE_NAME": {"Ref": "LinkTable"},
    "TOKEN_KEY_ID": {"Fn::GetAtt": ["TokenKey", "Arn"]},
    "CLIENT_SECRET_NAME": {"Ref": "ClientSecret"},
    "REVOCATION_QUEUE_URL": {"Ref": "RevocationQueue"},
}


def _template(folder: Path) -> Template:
    statement = {
        "Effect": "Allow",
        "Action": ["dynamodb:GetItem", "dynamodb:DeleteItem"],
        "Resource": {"Fn::GetAtt": ["LinkTable", "Arn"]},
        "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["USER#*", "GRANT#*"]}},
    }
    role = {"ManagedPolicyArns": [], "Policies": [{"PolicyDocument": {"Statement": [statement]}}]}
    function = {"CodeUri": str(folder), "Role": {"Fn::GetAtt": ["ARole", "Arn"]}}
    return {
        "Globals": {"Function": {"Environment": {"Variables": VARIABLES}}},
        "Resources": {
            "AFunction": {"Type": "AWS::Serverless::Function", "Properties": function},
            "ARole": {"Type": "AWS::IAM::Role", "Properties": role},
        },
    }


@pytest.fixture
def permissions(tmp_path: Path) -> Permissions:
    return Permissions(_template(tmp_path))


@pytest.fixture
def handler(tmp_path: Path) -> Handler:
    """Return the handler of a function that may get and delete items, and makes the call that it is given."""
    file = tmp_path / "app.py"
    file.write_text("def lambda_handler(call):\n    return call()\n", encoding="utf-8")
    return cast("Handler", runpy.run_path(str(file))["lambda_handler"])


@pytest.fixture
def dynamodb(permissions: Permissions) -> "DynamoDBClient":
    """Return a client that is refused or does not get through: nothing listens on port 9."""
    session = boto3.Session()
    session.events.register("before-parameter-build", permissions.check)
    return session.client(
        "dynamodb", endpoint_url="http://127.0.0.1:9", config=Config(retries={"total_max_attempts": 1})
    )


def test_a_function_is_refused_what_its_policy_does_not_allow(
    permissions: Permissions, handler: Handler, dynamodb: "DynamoDBClient", tmp_path: Path
) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        handler(lambda: dynamodb.put_item(TableName=TABLE, Item=KEY))
    assert permissions.refused == {f"{tmp_path.name} may not dynamodb:PutItem on USER"}


def test_a_transaction_needs_the_rights_of_each_of_its_parts(
    permissions: Permissions, handler: Handler, dynamodb: "DynamoDBClient", tmp_path: Path
) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        handler(
            lambda: dynamodb.transact_write_items(
                TransactItems=[
                    {"Delete": {"TableName": TABLE, "Key": KEY}},
                    {"Update": {"TableName": TABLE, "Key": KEY, "UpdateExpression": "REMOVE link"}},
                ]
            )
        )
    assert permissions.refused == {f"{tmp_path.name} may not dynamodb:UpdateItem on USER"}


def test_a_part_of_a_transaction_is_held_against_the_keys_of_all(
    permissions: Permissions, handler: Handler, dynamodb: "DynamoDBClient", tmp_path: Path
) -> None:
    """Whether AWS does so is not documented: a role must do for both."""
    parts = [{"Delete": {"TableName": TABLE, "Key": key}} for key in (KEY, GRANT)]
    with pytest.raises(EndpointConnectionError):
        handler(lambda: dynamodb.transact_write_items(TransactItems=cast("Any", parts)))
    parts.append({"Delete": {"TableName": TABLE, "Key": CLAIM}})
    with pytest.raises(ClientError, match="AccessDenied"):
        handler(lambda: dynamodb.transact_write_items(TransactItems=cast("Any", parts)))
    assert permissions.refused == {f"{tmp_path.name} may not dynamodb:DeleteItem on ATHLETE, GRANT, USER"}


def test_a_function_is_refused_items_of_another_kind(
    permissions: Permissions, handler: Handler, dynamodb: "DynamoDBClient", tmp_path: Path
) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        handler(lambda: dynamodb.get_item(TableName=TABLE, Key=CLAIM))
    assert permissions.refused == {f"{tmp_path.name} may not dynamodb:GetItem on ATHLETE"}


def test_a_function_is_refused_what_is_about_no_resource_of_the_template(
    permissions: Permissions, handler: Handler, dynamodb: "DynamoDBClient", tmp_path: Path
) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        handler(dynamodb.list_tables)
    assert permissions.refused == {f"{tmp_path.name} may not dynamodb:ListTables"}


def test_what_a_function_asks_for_is_seen_while_somebody_watches(
    permissions: Permissions, handler: Handler, dynamodb: "DynamoDBClient"
) -> None:
    with permissions.watching() as seen, pytest.raises(EndpointConnectionError):
        handler(lambda: dynamodb.get_item(TableName=TABLE, Key=KEY))
    with pytest.raises(EndpointConnectionError):
        handler(lambda: dynamodb.get_item(TableName=TABLE, Key=KEY))
    asked = Asked("dynamodb:GetItem", "LinkTable", {"dynamodb:LeadingKeys": frozenset({"USER#somebody"})}, TABLE)
    assert seen == [("AFunction", asked)]


def test_a_function_gets_through_with_what_its_policy_allows(
    permissions: Permissions, handler: Handler, dynamodb: "DynamoDBClient"
) -> None:
    with pytest.raises(EndpointConnectionError):
        handler(lambda: dynamodb.get_item(TableName=TABLE, Key=KEY))
    assert not permissions.refused


def test_what_a_test_does_itself_is_not_judged(permissions: Permissions, dynamodb: "DynamoDBClient") -> None:
    with pytest.raises(EndpointConnectionError):
        dynamodb.put_item(TableName=TABLE, Item=KEY)
    assert not permissions.refused
