"""template.yaml, read once."""

import pytest

from local.template import Template, load_template


@pytest.fixture(scope="session")
def template() -> Template:
    return load_template()
