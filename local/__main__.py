"""`python -m local` serves the API, the app page and TrainingPeaks; `python -m local token USER` prints a JWT."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import redirect_stdout

import httpx

from local.loopback import HOST, PortInUseError
from local.settings import LocalSettingError, LocalSettings, api_port

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
SECONDS_FOR_A_TOKEN = 5.0


class TokenServiceError(Exception):
    """The running service gave no token; the message says why."""


def main() -> int:
    """Do what the command line says; return the exit status."""
    arguments = _parser().parse_args()
    try:
        if arguments.command == "token":
            print(_token(api_port(os.environ), arguments.user))
        else:
            _serve(LocalSettings.from_env(os.environ))
    except (LocalSettingError, PortInUseError, TokenServiceError) as error:
        print(f"local: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="Serve the TrainingPeaks account link on this machine, with AWS and TrainingPeaks simulated.",
        epilog="Environment: API_PORT (3000); TRAININGPEAKS_OAUTH_URL and TRAININGPEAKS_API_URL (both set: that "
        "service is used and the simulator stays off); TRAININGPEAKS_CLIENT_ID and TRAININGPEAKS_CLIENT_SECRET.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="instead of serving")
    token = commands.add_parser(
        "token",
        help="print a JWT for a user of the service that is running, and nothing else",
        description="Print a JWT for a user, valid for an hour, signed by the service that runs on API_PORT.",
    )
    token.add_argument("user", metavar="USER", help="the user's id, the token's `sub`, such as runner-1")
    return parser


def _serve(settings: LocalSettings) -> None:
    # Blocked, they wait for `sigwait`, wherever they find us; and in every thread, as threads inherit the mask.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    # Loading the SAM CLI and moto takes seconds, which `token` and the signals need not wait for.
    from local.stack import LocalStack  # noqa: PLC0415

    stdout = sys.stdout
    # What the functions log to their standard output goes to ours for messages.
    with redirect_stdout(sys.stderr), LocalStack(settings) as stack:
        print(f"ready {stack.url}", file=stdout, flush=True)
        signal.sigwait(STOP_SIGNALS)


def _token(port: int, user: str) -> str:
    url = f"http://{HOST}:{port}"
    try:
        answer = httpx.post(f"{url}/local/token", json={"user": user}, timeout=SECONDS_FOR_A_TOKEN, trust_env=False)
    except httpx.HTTPError as error:
        message = f"nothing answers at {url}: start it with `make dev`, or set API_PORT to its port"
        raise TokenServiceError(message) from error
    if answer.status_code == httpx.codes.BAD_REQUEST:
        message = "USER must be 1 to 128 printable characters"
        raise TokenServiceError(message)
    try:
        token: str = answer.raise_for_status().json()["token"]
    except (httpx.HTTPStatusError, ValueError, KeyError, TypeError) as error:
        message = f"another program answers at {url}: set API_PORT to the port of `make dev`"
        raise TokenServiceError(message) from error
    return token


if __name__ == "__main__":
    sys.exit(main())
