"""Serve the simulator alone: `python -m local.trainingpeaks --port N`."""

import argparse
import os
import signal
import sys
from typing import Never

from local.loopback import PortInUseError
from local.trainingpeaks.app import create_app, serve


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; print one line when ready."""
    options = _options()
    uris = frozenset(options.redirect_uri) if options.redirect_uri else None
    app = create_app(client_id=options.client_id, client_secret=options.client_secret, redirect_uris=uris)
    # A shell that runs us in the background has SIGINT ignored, so it is set as well.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    try:
        server = serve(app, options.port)
    except PortInUseError as exc:
        sys.exit(str(exc))
    sys.stdout.write(f"ready {server.url}\n")
    sys.stdout.flush()
    server.serve_forever()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.trainingpeaks",
        description="Simulate TrainingPeaks on 127.0.0.1, for any OAuth client.",
    )
    parser.add_argument("--port", type=int, required=True, help="port to listen on; 0 takes a free one")
    parser.add_argument(
        "--client-id",
        default=os.environ.get("TRAININGPEAKS_CLIENT_ID") or "kinni-local",
        help="default: TRAININGPEAKS_CLIENT_ID, else kinni-local",
    )
    parser.add_argument(
        "--client-secret",
        default=os.environ.get("TRAININGPEAKS_CLIENT_SECRET") or "kinni-local-secret",
        help="default: TRAININGPEAKS_CLIENT_SECRET, else kinni-local-secret",
    )
    parser.add_argument(
        "--redirect-uri",
        action="append",
        help="a registered redirect URI, compared exactly; repeatable; none: any loopback address",
    )
    return parser.parse_args()


def _leave(_number: int, _frame: object) -> Never:
    sys.exit(0)


if __name__ == "__main__":
    main()
