"""samconfig.toml can deploy the template as it is."""

import re
import tomllib
from typing import Any

import pytest

from local.template import TEMPLATE_FILE, load_template

DEPLOYMENTS = {"default": "sandbox", "production": "production", "local": "local"}


@pytest.fixture(scope="module")
def samconfig() -> dict[str, Any]:
    return tomllib.loads(TEMPLATE_FILE.with_name("samconfig.toml").read_text(encoding="utf-8"))


def _overrides(samconfig: dict[str, Any], section: str) -> dict[str, str]:
    pairs = samconfig[section]["global"]["parameters"]["parameter_overrides"]
    return dict(pair.split("=", 1) for pair in pairs)


@pytest.mark.parametrize("section", DEPLOYMENTS)
def test_a_section_sets_every_parameter_that_has_no_default(samconfig: dict[str, Any], section: str) -> None:
    parameters = load_template()["Parameters"]
    given = _overrides(samconfig, section)
    assert given.keys() <= parameters.keys()
    assert not [name for name, parameter in parameters.items() if "Default" not in parameter and name not in given]


@pytest.mark.parametrize("section", DEPLOYMENTS)
def test_a_section_sets_values_that_the_template_allows(samconfig: dict[str, Any], section: str) -> None:
    parameters = load_template()["Parameters"]
    for name, value in _overrides(samconfig, section).items():
        assert value in [str(allowed) for allowed in parameters[name].get("AllowedValues", [value])]
        assert re.search(parameters[name].get("AllowedPattern", ""), value)


@pytest.mark.parametrize(("section", "deployment"), DEPLOYMENTS.items())
def test_a_section_is_for_one_deployment(samconfig: dict[str, Any], section: str, deployment: str) -> None:
    assert _overrides(samconfig, section)["Deployment"] == deployment


def test_the_sandbox_stays_on_the_sandbox_hosts(samconfig: dict[str, Any]) -> None:
    given = _overrides(samconfig, "default")
    assert not {"TrainingPeaksOAuthUrl", "TrainingPeaksApiUrl"} & given.keys()


def test_production_uses_the_production_hosts_and_returns_to_https(samconfig: dict[str, Any]) -> None:
    given = _overrides(samconfig, "production")
    assert given["TrainingPeaksOAuthUrl"] == "https://oauth.trainingpeaks.com"
    assert given["TrainingPeaksApiUrl"] == "https://api.trainingpeaks.com"
    assert all(url.startswith("https://") for url in given["ReturnUrls"].split(","))


@pytest.mark.parametrize("section", ["default", "production"])
def test_no_rule_of_the_template_refuses_a_section_that_is_deployed(samconfig: dict[str, Any], section: str) -> None:
    assert refused(_overrides(samconfig, section)) == []


def test_a_rule_refuses_what_it_is_there_for(samconfig: dict[str, Any]) -> None:
    given = _overrides(samconfig, "production")

    assert refused(given | {"AlarmTopicArn": ""}) == ["ProductionAlarms"]
    assert refused(given | {"DomainName": "links.kinni.example"}) == ["DomainHasCertificate"]
    assert refused(given | {"TrainingPeaksApiUrl": "https://api.example"}) == ["ProductionHosts"]
    assert refused(_overrides(samconfig, "local")) == ["LocalIsNotDeployed"]


def refused(given: dict[str, str]) -> list[str]:
    """Return the template's rules that CloudFormation would stop this deployment by."""
    template = load_template()
    values = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()} | given
    return [
        name
        for name, rule in template["Rules"].items()
        if _holds(rule.get("RuleCondition", True), values)
        and not all(_holds(part["Assert"], values) for part in rule["Assertions"])
    ]


def _holds(said: Any, values: dict[str, str]) -> Any:  # noqa: ANN401 - any intrinsic function
    match said:
        case {"Fn::Not": [part]}:
            return not _holds(part, values)
        case {"Fn::Equals": [one, other]}:
            return _holds(one, values) == _holds(other, values)
        case {"Ref": name}:
            return values[name]
    assert not isinstance(said, dict), said
    return said
