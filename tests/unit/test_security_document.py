"""SECURITY.md names a test for each threat, and the test is there."""

import ast
import re
from pathlib import Path

import pytest

from local.template import TEMPLATE_FILE

ROOT = TEMPLATE_FILE.parent
DOCUMENT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (?!Threat \||-)(.+?) \| (.+?) \| (.+?) \|$", DOCUMENT, re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
THREATS = [
    "Consent phishing",
    "CSRF",
    "Code injection",
    "Replay",
    "Open redirect",
    "Scheme hijacking",
    "Token theft from the table",
    "from logs",
    "from the queue",
    "Confused deputy",
    "Enumeration",
    "Denial of service",
    "Dependency compromise",
]


def _tests(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_each_of_the_threats_has_its_row() -> None:
    named = [name for threat, _, _ in ROWS for name in re.findall(r"\*\*(.+?)\*\*", threat)]
    assert named == THREATS


@pytest.mark.parametrize(("threat", "defence", "shown"), ROWS)
def test_a_row_names_a_defence_and_tests_alone(threat: str, defence: str, shown: str) -> None:
    assert threat
    assert defence
    assert TEST.sub("", shown).strip(", ") == ""


@pytest.mark.parametrize(("file", "name"), sorted(set(TEST.findall(DOCUMENT))))
def test_a_named_test_exists(file: str, name: str) -> None:
    assert name in _tests(ROOT / file)


def test_nothing_in_the_document_looks_like_a_test_and_is_none() -> None:
    assert DOCUMENT.count("::") == len(TEST.findall(DOCUMENT))
