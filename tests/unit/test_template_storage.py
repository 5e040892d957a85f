"""What template.yaml keeps is encrypted, recoverable and cleared up."""

import string
from datetime import timedelta
from typing import Any

import pytest

from account_link.models import RELEASED_KEPT
from local.template import Template, resources


@pytest.fixture(scope="module")
def table(template: Template) -> dict[str, Any]:
    (table,) = resources(template, "AWS::DynamoDB::Table").values()
    return table


def test_the_table_is_on_demand_with_one_key_and_a_time_to_live(table: dict[str, Any]) -> None:
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "pk", "AttributeType": "S"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}


def test_the_table_can_be_recovered_to_any_point_in_time(table: dict[str, Any]) -> None:
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_table_is_encrypted_with_the_projects_own_key(table: dict[str, Any]) -> None:
    assert table["SSESpecification"] == {
        "SSEEnabled": True,
        "SSEType": "KMS",
        "KMSMasterKeyId": {"Fn::GetAtt": ["TokenKey", "Arn"]},
    }


@pytest.mark.parametrize("queue", ["RevocationQueue", "RevocationDeadLetters"])
def test_a_queue_is_encrypted_with_the_projects_own_key(template: Template, queue: str) -> None:
    queues = resources(template, "AWS::SQS::Queue")
    assert queues.keys() == {"RevocationQueue", "RevocationDeadLetters"}
    assert queues[queue]["KmsMasterKeyId"] == {"Fn::GetAtt": ["TokenKey", "Arn"]}


def test_a_revocation_is_kept_for_longer_than_it_is_tried(template: Template) -> None:
    """A dead letter keeps the age that it had as a message: then, too, there is time to look at it."""
    queues = resources(template, "AWS::SQS::Queue")
    for queue in queues.values():
        assert timedelta(seconds=queue["MessageRetentionPeriod"]) >= 2 * RELEASED_KEPT
    redrive = queues["RevocationQueue"]["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": ["RevocationDeadLetters", "Arn"]}


def test_a_dead_letter_alarms_the_operators(template: Template) -> None:
    alarm = resources(template, "AWS::CloudWatch::Alarm")["DeadLettersAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert alarm["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": ["RevocationDeadLetters", "QueueName"]}}
    ]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")


def test_the_key_rotates(template: Template) -> None:
    (key,) = resources(template, "AWS::KMS::Key").values()
    assert key["EnableKeyRotation"] is True


@pytest.mark.parametrize("resource", ["LinkTable", "TokenKey"])
def test_links_outlive_a_stack_deleted_by_mistake(template: Template, resource: str) -> None:
    assert template["Resources"][resource]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert template["Resources"][resource]["UpdateReplacePolicy"] == "Retain"


def test_no_secret_passes_through_the_template(template: Template) -> None:
    secrets = resources(template, "AWS::SecretsManager::Secret")
    assert secrets.keys() == {"ClientSecret", "StateKey"}
    assert all("GenerateSecretString" in secret and "SecretString" not in secret for secret in secrets.values())
    assert not [name for name in template["Parameters"] if "secret" in name.lower()]


def test_the_state_key_is_256_random_bits_in_hexadecimal(template: Template) -> None:
    generated = resources(template, "AWS::SecretsManager::Secret")["StateKey"]["GenerateSecretString"]
    assert generated["ExcludeUppercase"]
    assert generated["ExcludePunctuation"]
    left = set(string.ascii_lowercase + string.digits) - set(generated["ExcludeCharacters"])
    assert left == set("0123456789abcdef")
    assert generated["PasswordLength"] == 64
