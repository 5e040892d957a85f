"""Answers whatever is asked with what was recorded, in its order, again and again, and takes as long."""

from __future__ import annotations

import base64
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import TYPE_CHECKING, Any, override

from local.loopback import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN_HEADERS = frozenset({"content-length", "transfer-encoding", "date", "server"})


@contextmanager
def replaying(answers: list[dict[str, Any]]) -> Iterator[str]:
    """Serve the recorded answers and yield the origin."""
    server = ThreadingHTTPServer((HOST, 0), _handler(answers))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(answers: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    following = cycle(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one piece, as AWS sends them.
        wbufsize = -1

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = next(following)
            # Who waits finds the processor's caches cold: so must those who are compared.
            time.sleep(answer["seconds"])
            body = base64.b64decode(answer["body"])
            self.send_response(answer["status"])
            for name, value in answer["headers"]:
                if name.lower() not in OWN_HEADERS:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 - the name that the server looks for

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
