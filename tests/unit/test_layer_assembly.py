"""What goes into the layer, on made-up packages: no test here needs pip or a network."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from bench.artefacts import LAYER_SOURCE

UNCHECKED_HASH = (1).to_bytes(4, "little")


@pytest.fixture(scope="module")
def assembly() -> ModuleType:
    spec = importlib.util.spec_from_file_location("assemble", LAYER_SOURCE / "assemble.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _write(folder: Path, *names: str) -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("VALUE = {'a', 'b'}\n", encoding="utf-8")


def _names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_what_no_function_needs_is_left_out(assembly: ModuleType, tmp_path: Path) -> None:
    _write(
        tmp_path, "httpx/__init__.py", "httpx/py.typed", "httpx/x.pyi", "_cffi_backend.so", "cffi/api.py", "cffi/a.h"
    )
    _write(tmp_path, "anyio/__init__.py", "anyio-4.dist-info/METADATA", "bin/httpx", "jmespath/parser.py")
    _write(tmp_path, "httpx-1.dist-info/METADATA", "httpx-1.dist-info/RECORD", "httpx-1.dist-info/licenses/LICENSE")

    assembly.prune(tmp_path)

    assert _names(tmp_path) == {"httpx/__init__.py", "_cffi_backend.so", "httpx-1.dist-info/METADATA"}
    assert not (tmp_path / "cffi").exists()


def test_every_module_is_compiled_for_good(assembly: ModuleType, tmp_path: Path) -> None:
    _write(tmp_path, "one.py", "package/two.py")

    assembly.precompile(tmp_path)

    compiled = list(tmp_path.rglob("*.cpython-313.pyc"))
    assert {file.name.partition(".")[0] for file in compiled} == {"one", "two"}
    for file in compiled:
        assert file.read_bytes()[4:8] == UNCHECKED_HASH
        assert b"/opt/python/" in file.read_bytes()
        assert str(tmp_path).encode() not in file.read_bytes()


def test_a_module_that_does_not_compile_stops_the_build(assembly: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def", encoding="utf-8")

    with pytest.raises(SystemExit):
        assembly.precompile(tmp_path)


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_each_architecture_has_its_makefile(assembly: ModuleType, architecture: str) -> None:
    recipe = (LAYER_SOURCE / "platforms" / architecture / "Makefile").read_text(encoding="utf-8")

    assert f"assemble.py {architecture} " in recipe
    assert architecture in assembly.MACHINES
