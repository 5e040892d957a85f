"""SnapStart: many functions wake from one snapshot, so nothing may be in it that each must have for itself."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.artefacts import LAYER_SOURCE, ROOT
from bench.cold import SERVICES, SETTINGS

WATCHED = """
import gc, json, sys
OURS = tuple(json.loads(sys.argv[1]))
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "monotonic_ns", "utc_now"}
CHANCE = {"urandom", "random", "getrandbits", "token_bytes", "token_hex", "token_urlsafe", "uuid4"}
seen = []

def watch(frame, event, arg):
    asker = frame.f_back if event == "call" else frame
    name = {"call": frame.f_code.co_name, "c_call": getattr(arg, "__name__", "")}.get(event)
    if name in CLOCKS | CHANCE and asker and asker.f_code.co_filename.startswith(OURS):
        seen.append(name)

sys.addaudithook(lambda name, _: seen.append(name) if name in {"socket.connect", "socket.getaddrinfo"} else None)
sys.setprofile(watch)
import app
sys.setprofile(None)
built = [*app.wiring._built] if hasattr(app, "wiring") else []
print(json.dumps({"seen": seen, "built": built, "frozen": gc.get_freeze_count(), "collects": gc.isenabled()}))
"""
FORBIDDEN = {
    "from time import monotonic; STARTED = monotonic()": "monotonic",
    "from datetime import UTC, datetime; STARTED = datetime.now(UTC)": "now",
    "import secrets; SALT = secrets.token_bytes(16)": "token_bytes",
    "import random; JITTER = random.random()": "random",
    "import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('127.0.0.1', 9))": "socket.connect",
}


def initialised(folder: Path) -> Any:  # noqa: ANN401 - JSON
    """Import the function in a fresh process, as Lambda does; return what it took, what it built, and the collector."""
    process = subprocess.run(  # noqa: S603 -- this very Python
        [sys.executable, "-W", "ignore", "-c", WATCHED, json.dumps([str(folder), str(LAYER_SOURCE)])],
        env=SETTINGS | {"PYTHONPATH": f"{folder}:{LAYER_SOURCE}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


@pytest.mark.parametrize("function", SERVICES)
def test_what_a_snapshot_holds_is_built_and_has_no_time_no_chance_and_no_connection(function: str) -> None:
    found = initialised(ROOT / "functions" / function)

    assert found["seen"] == []
    assert SERVICES[function] in found["built"]
    # The garbage collector leaves alone what stays, and goes on with the rest.
    assert found["frozen"] > 0
    assert found["collects"] is True


@pytest.mark.parametrize("line", FORBIDDEN)
def test_a_function_that_takes_them_along_is_seen(line: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(line, encoding="utf-8")

    assert FORBIDDEN[line] in initialised(tmp_path)["seen"]


def test_no_module_of_the_layer_draws_from_a_generator_whose_seed_a_snapshot_would_share() -> None:
    files = sorted(LAYER_SOURCE.glob("account_link/*.py"))
    assert files
    assert not [file.name for file in files if "import random" in file.read_text(encoding="utf-8")]
