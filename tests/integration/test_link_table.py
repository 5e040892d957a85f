"""The table that the tests of races and conditions run on is the template's."""

from typing import TYPE_CHECKING

from local.template import load_template, table_definition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def test_dynamodb_local_holds_the_templates_table(dynamodb_local: "DynamoDBClient", link_table: str) -> None:
    made = dynamodb_local.describe_table(TableName=link_table)["Table"]
    wanted = table_definition(load_template(), link_table)
    assert made["KeySchema"] == wanted["KeySchema"]
    assert made["AttributeDefinitions"] == wanted["AttributeDefinitions"]
    assert made["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_dynamodb_local_knows_when_an_item_may_go(dynamodb_local: "DynamoDBClient", link_table: str) -> None:
    described = dynamodb_local.describe_time_to_live(TableName=link_table)["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
