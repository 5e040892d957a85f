"""template.yaml, read once, and what AWS makes of it."""

import pytest

from local.template import Template, load_template
from tests.deployed import deployed


@pytest.fixture(scope="session")
def template() -> Template:
    return load_template()


@pytest.fixture(scope="session")
def transformed(template: Template) -> Template:
    return deployed(template)


@pytest.fixture(autouse=True)
def namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a place for metrics, as on AWS."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "KinniAccountLink")
