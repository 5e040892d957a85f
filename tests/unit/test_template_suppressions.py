"""What the linters of template.yaml are told to pass over, each with its reason, and nothing more than that."""

import re
from typing import Any

import pytest

from local.template import TEMPLATE_FILE, Template

OF_A_KIND = {
    "AWS::Serverless::Function": ["CKV_AWS_115", "CKV_AWS_116", "CKV_AWS_117", "CKV_AWS_173"],
    "AWS::Logs::LogGroup": ["CKV_AWS_158"],
    "AWS::SecretsManager::Secret": ["CKV_AWS_149"],
}


def _skipped(resource: dict[str, Any]) -> list[dict[str, str]]:
    skipped: list[dict[str, str]] = resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    return skipped


def test_checkov_passes_over_the_same_for_all_of_a_kind(template: Template) -> None:
    for name, resource in template["Resources"].items():
        assert [skip["id"] for skip in _skipped(resource)] == OF_A_KIND.get(resource["Type"], []), name


def test_checkov_is_told_why(template: Template) -> None:
    reasons = [skip["comment"] for resource in template["Resources"].values() for skip in _skipped(resource)]
    assert reasons
    assert all(reason.endswith(".") and len(reason.split()) > len(OF_A_KIND) for reason in reasons)


@pytest.mark.parametrize("line", re.findall(r"(?m)^.*\n.*ignore_checks:", TEMPLATE_FILE.read_text(encoding="utf-8")))
def test_cfn_lint_is_told_why(line: str) -> None:
    assert line.lstrip().startswith("# ")


def test_nothing_is_passed_over_without_being_said_in_the_resource() -> None:
    """Neither for the whole template nor by a comment, which needs no reason."""
    assert not re.search(r"#\s*(checkov:|cfn-lint:|bridgecrew:)", TEMPLATE_FILE.read_text(encoding="utf-8"))
    assert not [*TEMPLATE_FILE.parent.glob(".checkov.y*ml"), *TEMPLATE_FILE.parent.glob(".cfnlintrc*")]
