"""`python -m local.sam_local` serves the API in containers; `… invoke NAME` runs one function on its sample event.

`… image` prints the name of the image that the functions run in.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from local.loopback import PortInUseError
from local.sam_local import containers, sam
from local.sam_local.containers import DockerError
from local.sam_local.sam import PROJECT, SamError
from local.settings import LocalSettingError, LocalSettings
from local.template import function_folder, functions, load_template

if TYPE_CHECKING:
    from typing import Never

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
LOOK_EVERY_SECONDS = 0.5


def main() -> int:
    """Do what the command line says; return the exit status."""
    for number in STOP_SIGNALS:
        signal.signal(number, _leave)
    arguments = _parser().parse_args()
    try:
        if arguments.command == "image":
            print(containers.image())
            return 0
        settings = LocalSettings.from_env(os.environ)
        containers.require_image()
        if arguments.command == "invoke":
            return _invoke(settings, arguments.function)
        _serve(settings)
    except (DockerError, LocalSettingError, PortInUseError, SamError) as error:
        print(f"sam-local: {error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.sam_local",
        description="Serve the TrainingPeaks account link from containers, with `sam local`.",
        epilog="Environment: API_PORT (3000), and TrainingPeaks' variables as for `python -m local`.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="instead of serving")
    invoke = commands.add_parser("invoke", help="run one function on its sample event")
    commands.add_parser("image", help="print the name of the image that the functions run in")
    names = [function_folder(load_template(), name).name for name in functions(load_template())]
    invoke.add_argument("function", metavar="FUNCTION", choices=names, help=", ".join(names))
    return parser


def _serve(settings: LocalSettings) -> None:
    """Serve until the SAM CLI ends by itself, which is an error; a signal leaves from here."""
    from local.sam_local.stack import SamLocalStack  # noqa: PLC0415 -- loading moto takes seconds

    with SamLocalStack(settings) as stack:
        print(f"ready {stack.url}", flush=True)
        while stack.is_running:
            time.sleep(LOOK_EVERY_SECONDS)
    message = "the SAM CLI has ended"
    raise SamError(message)


def _invoke(settings: LocalSettings, name: str) -> int:
    """Print what a function answers to its event; the status tells whether it answered at all."""
    from local.sam_local.surroundings import Surroundings  # noqa: PLC0415

    template = load_template()
    (function,) = (each for each in functions(template) if function_folder(template, each).name == name)
    event = PROJECT / "events" / f"{name}.json"
    with Surroundings(settings, f"http://127.0.0.1:{settings.port}") as surroundings:
        call = surroundings.call("invoke", function, "--event", str(event))
        status, answer = sam.answer_of(call)
    print(answer.strip())
    return status or _is_failure(answer)


def _is_failure(answer: str) -> bool:
    """Tell whether the function raised: the SAM CLI thinks nothing of it."""
    try:
        document = json.loads(answer)
    except ValueError:
        return True
    return not isinstance(document, dict) or "errorMessage" in document


def _leave(_number: int, _frame: object) -> Never:
    # What follows is the stopping, which a second Ctrl-C must not cut short.
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
