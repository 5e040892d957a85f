"""What the README and the documents name is there."""

import importlib
import re
import tomllib
from pathlib import Path

import pytest

from account_link import __version__
from local.template import TEMPLATE_FILE, Template, function_folder, routes
from local.trainingpeaks.athletes import PASSWORD, athlete_who_signs_in
from local.trainingpeaks.switches import Switches

ROOT = TEMPLATE_FILE.parent
README = ROOT / "README.md"
DOCUMENTS = [README, ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
BASE = "/v1/trainingpeaks"

BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")
AMERICAN = re.compile(
    r"\b(\w*(?:authoriz|recogniz|organiz|initializ|normaliz|serializ|summariz|minimiz|optimiz)\w*"
    r"|(?:color|behavior|favor|honor|neighbor|center|catalog|gray|license|canceled|labeled|modeled|traveled)\w*)\b",
    re.IGNORECASE,
)

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)


def blocks(document: Path, language: str) -> str:
    found = BLOCK.findall(document.read_text(encoding="utf-8"))
    return "\n".join(text for kind, text in found if kind == language)


def spans(document: Path) -> list[str]:
    """Return what the document says in code style, the text of links too."""
    prose = BLOCK.sub("", document.read_text(encoding="utf-8"))
    return [" ".join(span.split()) for span in SPAN.findall(prose)]


def commands(document: Path) -> str:
    return "\n".join([*spans(document), blocks(document, "sh")])


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))


@each_document
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|srcset)="([^"]+)"', text)
    missing = [link for link in targets if "://" not in link and not (document.parent / link).exists()]
    assert missing == []


@each_document
def test_paths_exist(document: Path) -> None:
    roots = {entry.name for entry in ROOT.iterdir()} - {".venv"}
    named = [span for span in spans(document) if re.fullmatch(r"[\w.*-]+(/[\w.*-]*)*", span)]
    paths = [span for span in named if span.partition("/")[0] in roots]
    assert [path for path in paths if not list(ROOT.glob(path.rstrip("/")))] == []


@each_document
def test_make_targets_exist(document: Path) -> None:
    used = set(re.findall(r"\bmake ([a-z-]+)", commands(document)))
    assert used <= make_targets()


def test_the_readme_tells_every_make_target() -> None:
    rows = re.findall(r"^\| `make ([a-z-]+)` \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(rows) == make_targets() - {"help"}


@each_document
def test_programs_exist(document: Path) -> None:
    text = commands(document)
    for module in re.findall(r"python -m ([\w.]+)", text):
        assert _is_program(module), module
    assert set(re.findall(r"\.venv/bin/(\w+)", text)) <= {"python", "sam"}


@each_document
def test_chosen_tests_exist(document: Path) -> None:
    for word in re.findall(r"-k (\w+)", commands(document)):
        files = [*(ROOT / "tests").rglob("test_*.py")]
        assert [file for file in files if word in file.name or word in _test_names(file)], word


def test_samconfig_has_the_sections_that_the_readme_names() -> None:
    sections = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    named = re.findall(r"--config-env (\w+)", commands(README))
    assert named
    assert set(named) <= sections.keys()


@each_document
def test_parameters_and_outputs_are_the_templates(document: Path, template: Template) -> None:
    known = template["Parameters"].keys() | template["Outputs"].keys()
    words = re.findall(r"\b(?:\w+Url|\w+Urls|\w+Arn|Jwt\w+|\w+ClientId|\w+Days|Architecture)\b", commands(document))
    assert set(words) <= known


@each_document
def test_routes_are_the_templates(document: Path, template: Template) -> None:
    known = {(route.method, route.path) for route in routes(template)}
    text = commands(document) + blocks(document, "mermaid")
    ours = r"\b(GET|POST|PUT|DELETE) (/v1/trainingpeaks/[\w-]+|/(?:auth|callback|link|status|auto-upload)\b)"
    named = {(method, path if path.startswith(BASE) else BASE + path) for method, path in re.findall(ours, text)}
    assert named <= known
    curled = re.findall(r"^kinni (/[\w-]+)(?:.* -X (\w+))?", text, re.MULTILINE)
    assert {(method or "GET", BASE + path) for path, method in curled} <= known


def test_the_readme_leads_from_each_route_to_its_service(template: Template) -> None:
    row = r"^\| `(\w+) (/[\w-]+)` \| \[functions/(\w+)\]\(functions/\3/app.py\) \| `(\w+)\.(\w+)` \|"
    rows = re.findall(row, README.read_text(encoding="utf-8"), re.MULTILINE)
    told = {(method, BASE + path, folder) for method, path, folder, _, _ in rows}
    assert told == {(r.method, r.path, function_folder(template, r.function).name) for r in routes(template)}
    for *_, folder, service, verb in rows:
        module = importlib.import_module(f"account_link.{service.removesuffix('Service').lower()}")
        assert callable(getattr(getattr(module, service), verb)), service
        assert f".{verb}(" in (ROOT / "functions" / folder / "app.py").read_text(encoding="utf-8")


def test_the_faults_that_the_readme_sets_are_faults() -> None:
    texts = re.findall(r"\$FAULTS --json '(.+)'", blocks(README, "sh"))
    assert [Switches.model_validate_json(text).faults[0].times for text in texts] == [3]


def _is_program(module: str) -> bool:
    file = ROOT / module.replace(".", "/")
    as_module, as_package = file.with_suffix(".py"), file / "__main__.py"
    return as_package.is_file() or (as_module.is_file() and "__main__" in as_module.read_text(encoding="utf-8"))


def test_the_tree_is_the_tree() -> None:
    folder = ""
    for line in blocks(README, "text").splitlines():
        head, is_inside = re.split(r"  +", line.strip())[0], line.startswith("  ")
        if line.startswith("     "):
            continue
        folder = folder if is_inside else head
        for name in head.split(", "):
            path = f"{folder}{name}" if is_inside else name
            assert list(ROOT.glob(path)) or list(ROOT.glob(f"{path}.py")), path


def test_the_readme_tells_every_variable_of_make_dev() -> None:
    source = (ROOT / "local" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'"((?:API|TRAININGPEAKS)_[A-Z_]+)"', source))
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for row in rows for name in SPAN.findall(row)} == read


def test_the_demo_athletes_of_the_readme_can_sign_in() -> None:
    named = [name for name in ("basic", "coach", "empty") if name in spans(README)]
    assert [athlete.username for name in named if (athlete := athlete_who_signs_in(name, PASSWORD))] == named
    assert len(named) == 3
    assert PASSWORD in spans(README)


def test_the_diagram_knows_everyone_who_speaks_in_it() -> None:
    diagram = blocks(README, "mermaid")
    known = set(re.findall(r"^ *(?:actor|participant) (\w+)", diagram, re.MULTILINE))
    messages = re.findall(r"^ *(\w+)-{1,2}>>(\w+): .+$", diagram, re.MULTILINE)
    assert {name for message in messages for name in message} == known
    assert diagram.count(">>") == len(messages)


def test_each_decision_has_a_date_and_says_what_why_and_what_it_cost() -> None:
    first, *decisions = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8").split("\n## ")
    assert first.startswith("# Decisions\n")
    for decision in decisions:
        assert re.match(r"\d{4}-\d\d-\d\d: .+\n", decision), decision
        assert re.findall(r"^- \*\*(.+)\.\*\* ", decision, re.MULTILINE) == ["What", "Why", "Gave up"], decision


def test_the_changelogs_newest_version_is_the_packages() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(\d.*)\] - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)
    assert versions[0] == __version__


@each_document
def test_the_spelling_is_british(document: Path) -> None:
    prose = SPAN.sub("", BLOCK.sub("", document.read_text(encoding="utf-8")))
    words = re.sub(r"<[^>]+>|\[[^\]]*\.\w+\]\([^)]*\)|\]\([^)]*\)|https?://\S+", "", prose)
    assert AMERICAN.findall(words) == []


def _test_names(file: Path) -> str:
    return "\n".join(re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8")))
