"""A deployment can be made at all, and what it changes reaches the users: the transformed template tells."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from local.template import Template, functions, load_template
from tests.deployed import deployed

CYCLE_CHECKED = ("Properties", "UpdatePolicy", "DependsOn")


def test_no_resource_waits_for_itself() -> None:
    """CloudFormation counts what an update policy names; cfn-lint looks at no cycle through a serverless resource."""
    assert cycle(deployed(load_template())) == []


def test_a_cycle_through_an_update_policy_is_seen() -> None:
    template = load_template()
    template["Globals"]["Function"]["DeploymentPreference"]["Alarms"] = [{"Ref": "ServerErrorAlarm"}]

    assert "HttpApi" in cycle(deployed(template))


def _new_layer(template: Template) -> None:
    template["Resources"]["AccountLinkLayer"]["Properties"]["ContentUri"] = "s3://artifacts/another"


def _more_memory(template: Template) -> None:
    template["Globals"]["Function"]["MemorySize"] = 1024


@pytest.mark.parametrize("change", [_new_layer, _more_memory])
def test_a_change_makes_new_versions_of_all_functions(change: Any) -> None:  # noqa: ANN401 - one of the above
    changed = load_template()
    change(changed)

    before, after = versions(load_template()), versions(changed)
    assert len(before) == len(after) == len(functions(changed))
    assert not before & after


def test_no_change_makes_no_new_version() -> None:
    assert versions(load_template()) == versions(load_template())


def versions(template: Template) -> set[str]:
    """Return the logical ids of the functions' versions: an alias moves where its version's id is a new one."""
    resources = deployed(template)["Resources"]
    return {name for name, resource in resources.items() if resource["Type"] == "AWS::Lambda::Version"}


def cycle(template: Template) -> list[str]:
    """Return resources that wait for each other in a circle, or none."""
    needs = {
        name: set(_named({part: resource.get(part) for part in CYCLE_CHECKED})) & template["Resources"].keys()
        for name, resource in template["Resources"].items()
    }
    left = copy.deepcopy(needs)
    while free := {name for name, needed in left.items() if not needed & left.keys()}:
        left = {name: needed for name, needed in left.items() if name not in free}
    return sorted(left)


def _named(said: Any) -> Iterator[str]:  # noqa: ANN401 - any part of a template
    match said:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::GetAtt": str(name)}:
            yield name.partition(".")[0]
        case {"Fn::Sub": str(text)}:
            yield from (part.partition("}")[0].partition(".")[0] for part in text.split("${")[1:])
        case {"DependsOn": str(name)}:
            yield name
    parts = said.values() if isinstance(said, dict) else said if isinstance(said, list) else ()
    for part in parts:
        yield from _named(part)
    if isinstance(said, dict) and isinstance(said.get("DependsOn"), list):
        yield from said["DependsOn"]
