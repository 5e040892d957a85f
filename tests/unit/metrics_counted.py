"""Which metrics the code counts, read from its source."""

import ast
from collections.abc import Iterator

from account_link.models import Outcome
from local.template import TEMPLATE_FILE

ROOT = TEMPLATE_FILE.parent
VARYING = {"Callback": len(Outcome) + 1, "GrantReleased": 4, "Linked": 3, "RevocationPostponed": 3}
"""How many series a name with a value that is decided at run time has: outcomes and `working`; refusals; kinds."""


def counted() -> dict[str, int]:
    """Return the names of the metrics, and of how many series each is at the most."""
    series: dict[str, set[str]] = {}
    for tree in _trees():
        for call in _called(tree, "count"):
            for name in _names(call.args[0], tree):
                series.setdefault(name, set()).add(ast.unparse(call))
    return {name: VARYING.get(name, len({_dimensions(text) for text in texts})) for name, texts in series.items()}


def dimensions() -> dict[str, set[frozenset[str]]]:
    """Return the names of the metrics, and by which dimensions each is counted, apart from `service`."""
    found: dict[str, set[frozenset[str]]] = {}
    for tree in _trees():
        for call in _called(tree, "count"):
            by = frozenset(str(keyword.arg) for keyword in call.keywords)
            for name in _names(call.args[0], tree):
                found.setdefault(name, set()).add(by)
    return found


def _trees() -> Iterator[ast.Module]:
    for folder in ("layers/account_link/account_link", "functions"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield ast.parse(file.read_text(encoding="utf-8"))


def _called(tree: ast.Module, function: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == function:
            yield node


def _names(argument: ast.expr, tree: ast.Module) -> tuple[str, ...]:
    """Return the name, or those that `_destroy` is handed as its event."""
    match argument:
        case ast.Constant(value=str(name)):
            return (name,)
        case ast.Name(id="event"):
            return tuple(str(ast.literal_eval(call.args[1])) for call in _called(tree, "_destroy"))
    raise AssertionError(ast.unparse(argument))


def _dimensions(call: str) -> str:
    return call.partition(",")[2]
