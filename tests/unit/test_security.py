"""Promises of SECURITY.md that no other test makes: throttling and pinned dependencies."""

import re
from pathlib import Path

import pytest

from local.template import TEMPLATE_FILE, Template, resources, routes

ROOT = TEMPLATE_FILE.parent
PINNED = [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "layers" / "account_link" / "requirements.txt"]
"""Everything that is installed to build, to test and to run."""
PIN = re.compile(r"[\w.\[\]-]+==[^\s=]+(?: ; [^\\]+)?(?:\s*\\\s+--hash=sha256:[0-9a-f]{64})+")
CALLBACK = "GET /v1/trainingpeaks/callback"


def _limits(template: Template) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    (api,) = resources(template, "AWS::Serverless::HttpApi").values()
    return api["DefaultRouteSettings"], api["RouteSettings"]


def test_the_open_route_is_throttled_tighter_than_the_rest(template: Template) -> None:
    default, of_routes = _limits(template)
    assert [f"{route.method} {route.path}" for route in routes(template) if route.is_public] == [CALLBACK]
    for limit in ("ThrottlingRateLimit", "ThrottlingBurstLimit"):
        assert 0 < of_routes[CALLBACK][limit] < default[limit]


def test_throttled_routes_are_the_templates(template: Template) -> None:
    _, of_routes = _limits(template)
    assert of_routes.keys() <= {f"{route.method} {route.path}" for route in routes(template)}


@pytest.mark.parametrize("file", PINNED, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_dependency_is_pinned_with_its_hashes(file: Path) -> None:
    required = re.split(r"\n(?=\S)", file.read_text(encoding="utf-8").strip())
    assert required
    assert [one for one in required if not PIN.fullmatch(one)] == []


def test_nothing_is_installed_without_its_hash() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    installing = [line for line in makefile.splitlines() if "pip install" in line]
    assert installing
    assert [line for line in installing if "--require-hashes" not in line] == []
    assembling = (ROOT / "layers" / "account_link" / "assemble.py").read_text(encoding="utf-8")
    assert (
        assembling.count('"install"') == assembling.count('"--require-hashes", "--no-deps", "--only-binary=:all:"') == 1
    )
