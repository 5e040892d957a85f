"""Reads template.yaml, the one source of the routes, the time-outs and the table, for what runs without AWS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import CreateTableInputTypeDef, TimeToLiveSpecificationTypeDef

TEMPLATE_FILE = Path(__file__).resolve().parent.parent / "template.yaml"

# A template is a tree of whatever YAML can say; its readers below pick out what they know.
type Template = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """One route of the HTTP API: who answers it, and whether it is open to callers without a JWT."""

    method: str
    path: str
    function: str
    is_public: bool


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags, read as their long forms (`!Ref X` as `{"Ref": "X"}`)."""


def _long_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case yaml.MappingNode():
            value = loader.construct_mapping(node, deep=True)
        case _:
            raise yaml.constructor.ConstructorError(None, None, f"!{tag} has no value", node.start_mark)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _long_form)


def load_template(file: Path = TEMPLATE_FILE) -> Template:
    """Return the SAM template with every intrinsic function in its long form."""
    template: Template = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 -- a SafeLoader
    return template


def resources(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of all resources of one type, such as `AWS::KMS::Key`, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def functions(template: Template) -> dict[str, dict[str, Any]]:
    """Return each function's properties by logical id, the globals filled in where it has none of its own."""
    shared = template["Globals"]["Function"]
    return {name: {**shared, **own} for name, own in resources(template, "AWS::Serverless::Function").items()}


def function_folder(template: Template, function: str) -> Path:
    """Return the folder that holds the code of a function, by its logical id."""
    code_uri: str = functions(template)[function]["CodeUri"]
    return TEMPLATE_FILE.parent / code_uri


def function_timeouts(template: Template) -> dict[str, timedelta]:
    """Return how long each function may run, by logical id."""
    return {name: timedelta(seconds=function["Timeout"]) for name, function in functions(template).items()}


def function_environment(template: Template, function: str) -> dict[str, Any]:
    """Return the environment variables that a function declares, their values as the template says them."""
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    own = resources(template, "AWS::Serverless::Function")[function].get("Environment", {}).get("Variables", {})
    return {**shared, **own}


def _events(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, function in functions(template).items():
        for event in function.get("Events", {}).values():
            if event["Type"] == "HttpApi":
                yield name, event["Properties"]


def routes(template: Template) -> tuple[Route, ...]:
    """Return the API's routes. Only a route whose authoriser is `NONE` is public: the API's default asks for a JWT."""
    return tuple(
        Route(
            method=event["Method"].upper(),
            path=event["Path"],
            function=function,
            is_public=event.get("Auth", {}).get("Authorizer") == "NONE",
        )
        for function, event in _events(template)
    )


def public_routes(template: Template) -> frozenset[tuple[str, str]]:
    """Return method and path of the routes that need no JWT."""
    return frozenset((route.method, route.path) for route in routes(template) if route.is_public)


def _table(template: Template) -> dict[str, Any]:
    (table,) = resources(template, "AWS::DynamoDB::Table").values()
    return table


def table_definition(template: Template, table_name: str, *, key_arn: str | None = None) -> CreateTableInputTypeDef:
    """Return what `create_table` takes to make the template's table, encrypted with `key_arn` where there is a key."""
    table = _table(template)
    definition: CreateTableInputTypeDef = {
        "TableName": table_name,
        "AttributeDefinitions": table["AttributeDefinitions"],
        "KeySchema": table["KeySchema"],
        "BillingMode": table["BillingMode"],
    }
    if key_arn is not None:
        encryption = table["SSESpecification"]
        definition["SSESpecification"] = {
            "Enabled": encryption["SSEEnabled"],
            "SSEType": encryption["SSEType"],
            "KMSMasterKeyId": key_arn,
        }
    return definition


def time_to_live(template: Template) -> TimeToLiveSpecificationTypeDef:
    """Return what `update_time_to_live` takes."""
    specification: TimeToLiveSpecificationTypeDef = _table(template)["TimeToLiveSpecification"]
    return specification


def create_table(dynamodb: DynamoDBClient, table_name: str, *, key_arn: str | None = None) -> None:
    """Create the template's table with its time to live; of point-in-time recovery there is nothing to show here."""
    template = load_template()
    dynamodb.create_table(**table_definition(template, table_name, key_arn=key_arn))
    dynamodb.update_time_to_live(TableName=table_name, TimeToLiveSpecification=time_to_live(template))
