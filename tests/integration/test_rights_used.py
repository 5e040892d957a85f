"""Each function's role is what the function was seen to ask for, on every way through it: nothing less, nothing more.

The table: `.venv/bin/python -m pytest tests/integration/test_rights_used.py -s`
"""

import copy
import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from account_link import wiring
from local.stack import LocalStack
from local.template import Template, load_template
from tests.deployed import deployed
from tests.iam import functions, listed, role
from tests.integration.aws_calls import AwsCalls
from tests.integration.fault_points import SCENARIOS, USES
from tests.integration.fault_scenarios import Act, Rig, came_of
from tests.integration.runner import DirectDoor, Runner
from tests.integration.scripted_trainingpeaks import DEAUTHORISE, ScriptedTrainingPeaks, new_athlete, says
from tests.integration.secrets_seen import SecretsSeen
from tests.integration.stored import StoredItems
from tests.least_privilege import UNSEEN, extra, missing, table
from tests.permissions import Permissions, Seen

type Change = Callable[[list[dict[str, Any]]], None]
"""Makes a role's statements other than they are."""


def _unlink_that_refreshes(rig: Rig) -> Act:
    """TrainingPeaks takes the access token for expired."""
    rig.runner.linked()
    rig.trainingpeaks.script(DEAUTHORISE, says(401, {}))
    return rig.runner.unlink


# What a use of the tokens asks for is not judged: no function uses them yet.
WAYS = {name: (scenario.arrange, scenario.well) for name, scenario in SCENARIOS.items() if name not in USES}
WAYS["unlink-refreshes"] = (_unlink_that_refreshes, "204")


@pytest.fixture(scope="module")
def new_rig(
    scripted: ScriptedTrainingPeaks, stored: StoredItems, aws_calls: AwsCalls, secrets: SecretsSeen
) -> Callable[[], Rig]:
    """Return what makes a rig for a way of its own."""
    numbers = itertools.count(1)

    def new_runner() -> Runner:
        return Runner(f"runner-with-rights-{next(numbers)}", new_athlete(), DirectDoor(), scripted, secrets)

    return lambda: Rig(new_runner(), new_runner, stored, scripted, aws_calls)


@pytest.fixture(scope="module")
def seen(
    stack: LocalStack,  # noqa: ARG001 -- the functions run in its environment
    new_rig: Callable[[], Rig],
    permissions: Permissions,
) -> Iterator[Seen]:
    """Yield all that the functions ask for on all ways through them, each gone by a process that has just started."""
    with permissions.watching() as seen:
        for name, (arrange, well) in WAYS.items():
            rig = new_rig()
            act = arrange(rig)
            wiring.forget()
            assert came_of(act()) == well, name
            rig.trainingpeaks.forget_script()
        yield seen


@pytest.fixture(scope="module")
def transformed() -> Template:
    return deployed(load_template())


def test_every_function_was_seen(transformed: Template, seen: Seen) -> None:
    assert {function for function, _ in seen} == set(functions(transformed))


def test_every_request_names_what_the_environment_names(seen: Seen) -> None:
    """It is by these variables that the template says which resource a function works with."""
    named = {(asked.resource, asked.named) for _, asked in seen}
    assert named == {
        ("LinkTable", os.environ["TABLE_NAME"]),
        ("TokenKey", os.environ["TOKEN_KEY_ID"]),
        ("ClientSecret", os.environ["CLIENT_SECRET_NAME"]),
        ("RevocationQueue", os.environ["REVOCATION_QUEUE_URL"]),
    }


def test_a_function_may_do_all_that_it_asks_for(transformed: Template, seen: Seen) -> None:
    assert missing(transformed, seen) == set()


def test_a_function_asks_for_all_that_it_may_do(transformed: Template, seen: Seen) -> None:
    print("", table(transformed, seen), sep="\n")  # noqa: T201 -- for people
    assert extra(transformed, seen) == set()


def test_what_no_function_is_seen_to_use_is_what_none_asks_for(seen: Seen) -> None:
    """One that a function asks for by itself must be compared."""
    assert not {asked.action for _, asked in seen} & UNSEEN.keys()


def _changed(template: Template, function: str, change: Change) -> Template:
    changed = copy.deepcopy(template)
    (policy,) = role(changed, function)["Policies"]
    change(policy["PolicyDocument"]["Statement"])
    return changed


def _gives(action: str, resource: str, condition: dict[str, Any] | None = None) -> Change:
    statement = {"Effect": "Allow", "Action": action, "Resource": {"Ref": resource}}
    return lambda statements: statements.append(statement | ({"Condition": condition} if condition else {}))


def _also_on(prefix: str) -> Change:
    def change(statements: list[dict[str, Any]]) -> None:
        for statement in statements:
            if "dynamodb:GetItem" in statement["Action"]:
                statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"].append(prefix)

    return change


def _takes(action: str) -> Change:
    def change(statements: list[dict[str, Any]]) -> None:
        for statement in statements:
            if "kms:ViaService" not in str(statement):
                statement["Action"] = [given for given in listed(statement["Action"]) if given != action]

    return change


TOO_MUCH: dict[str, tuple[str, Change, str]] = {
    "another action": (
        "StatusFunction",
        _gives("dynamodb:PutItem", "LinkTable"),
        "StatusFunction dynamodb:PutItem on LinkTable",
    ),
    "other items": (
        "StatusFunction",
        _also_on("GRANT#*"),
        "StatusFunction dynamodb:GetItem on LinkTable for dynamodb:LeadingKeys GRANT#*",
    ),
    "another resource": (
        "UnlinkFunction",
        _gives("sqs:SendMessage", "RevocationDeadLetters"),
        "UnlinkFunction sqs:SendMessage on RevocationDeadLetters",
    ),
    "the client secret": (
        "ToggleFunction",
        _gives("secretsmanager:GetSecretValue", "ClientSecret"),
        "ToggleFunction secretsmanager:GetSecretValue on ClientSecret",
    ),
    "the tokens": (
        "CallbackFunction",
        _gives("kms:Decrypt", "TokenKey", {"Null": {"kms:EncryptionContext:user": "false"}}),
        "CallbackFunction kms:Decrypt on TokenKey",
    ),
    "another purpose": (
        "RevokeFunction",
        _gives("kms:Decrypt", "TokenKey", {"StringEquals": {"kms:EncryptionContext:purpose": "anything"}}),
        "RevokeFunction kms:Decrypt on TokenKey for kms:EncryptionContext:purpose anything",
    ),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_right_that_is_not_needed_is_found(transformed: Template, seen: Seen, name: str) -> None:
    function, change, right = TOO_MUCH[name]
    assert extra(_changed(transformed, function, change), seen) == {right}


NEEDED = {
    "StartAuthFunction": "dynamodb:UpdateItem on LinkTable",
    "CallbackFunction": "kms:GenerateDataKey on TokenKey",
    "ConfirmFunction": "dynamodb:DeleteItem on LinkTable",
    "StatusFunction": "dynamodb:GetItem on LinkTable",
    "ToggleFunction": "dynamodb:UpdateItem on LinkTable",
    "UnlinkFunction": "secretsmanager:GetSecretValue on ClientSecret",
    "RevokeFunction": "sqs:ChangeMessageVisibility on RevocationQueue",
}


@pytest.mark.parametrize("function", NEEDED)
def test_a_right_that_is_missing_is_found(transformed: Template, seen: Seen, function: str) -> None:
    action = NEEDED[function].partition(" ")[0]
    changed = _changed(transformed, function, _takes(action))
    assert missing(changed, seen) == {f"{function} {NEEDED[function]}"}


def test_where_nothing_was_seen_every_right_is_too_much(transformed: Template) -> None:
    assert {right.partition(" ")[0] for right in extra(transformed, [])} == set(functions(transformed))
