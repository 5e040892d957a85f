"""Runs inside the built artefacts, in the place of Lambda: one function, warm, and its calls without the function.

Reads commands from its standard input and answers each with a line, both JSON. It can import what a function can, and
nothing of the bench.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

MILLISECONDS_LEFT = 25_000


class Context:
    """What Lambda tells about an invocation."""

    def __init__(self) -> None:
        self.aws_request_id = str(uuid.uuid4())

    def get_remaining_time_in_millis(self) -> int:
        """Return the time left."""
        return MILLISECONDS_LEFT


@dataclass
class Recorder:
    """Takes down what a function asks the world outside, and what that answers."""

    is_on: bool = False
    hears_http: bool = False
    aws: dict[int, tuple[str, str, dict[str, Any]]] = field(default_factory=dict)
    http: dict[int, Any] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    sent: float = 0.0

    def begin(self) -> None:
        """Take down anew."""
        self.is_on = True
        for noted in (self.aws, self.http, self.names, self.answers):
            noted.clear()

    def aws_call(self, params: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        """Note a call before it is made."""
        if self.is_on:
            service = model.service_model.service_name
            self.aws[len(self.names)] = (service, xform_name(model.name), dict(params))
            self.names.append(f"{service}:{model.name}")

    def send(self, **_: object) -> None:
        """Note when the call goes out."""
        self.sent = time.perf_counter()

    def aws_answer(self, response_dict: dict[str, Any], **_: object) -> None:
        """Note an answer as it came."""
        if self.is_on:
            self._answer(response_dict["status_code"], response_dict["headers"], response_dict["body"])

    def http_call(self, request: Any, response: Any) -> None:  # noqa: ANN401 - httpx's, which not every function imports
        """Note a call to TrainingPeaks and its answer."""
        if self.is_on:
            self.http[len(self.names)] = request
            self.names.append(f"{request.method} {request.url.path}")
            self._answer(response.status_code, response.headers, response.read())

    def _answer(self, status: int, headers: Any, body: bytes) -> None:  # noqa: ANN401 - both libraries' mappings
        self.answers.append(
            {
                "seconds": time.perf_counter() - self.sent,
                "status": status,
                "headers": list(dict(headers).items()),
                "body": base64.b64encode(body).decode(),
            }
        )


class BareCalls:
    """The recorded calls, made by botocore and httpx alone, to an address that answers what was recorded."""

    def __init__(self, recorder: Recorder, url: str, session: Any) -> None:  # noqa: ANN401 - boto3's
        config = Config(retries={"mode": "standard", "total_max_attempts": 2})
        services = {service for service, _, _ in recorder.aws.values()}
        self._clients = {service: session.client(service, endpoint_url=url, config=config) for service in services}
        self._recorder = recorder
        self._url = url
        self._http = sys.modules["httpx"].Client() if recorder.http else None

    def make(self) -> None:
        """Make all calls in their order."""
        for index in range(len(self._recorder.names)):
            if index in self._recorder.aws:
                self._aws(*self._recorder.aws[index])
            else:
                self._trainingpeaks(self._recorder.http[index])

    def _aws(self, service: str, method: str, params: dict[str, Any]) -> None:
        try:
            getattr(self._clients[service], method)(**params)
        except ClientError as refused:
            # A condition that did not hold is an answer like any other.
            _ = refused.response

    def _trainingpeaks(self, request: Any) -> None:  # noqa: ANN401 - httpx's
        if self._http:
            url = self._url + request.url.path
            headers = {name: value for name, value in request.headers.items() if name != "host"}
            self._http.request(request.method, url, headers=headers, content=request.content)


def _listen_to_aws(recorder: Recorder) -> None:
    """Hear the calls of all AWS clients made from now on."""
    boto3.setup_default_session()
    events = boto3._get_default_session().events  # noqa: SLF001 - there is no other way to the clients to come
    events.register("before-parameter-build", recorder.aws_call)
    events.register("before-send", recorder.send)
    events.register("response-received", recorder.aws_answer)


def _listen_to_httpx(recorder: Recorder) -> None:
    """Hear the calls to TrainingPeaks, where the function has come to use httpx."""
    if recorder.hears_http or "httpx" not in sys.modules:
        return
    recorder.hears_http = True
    transport = sys.modules["httpx"].HTTPTransport
    send = transport.handle_request

    def heard(self: Any, request: Any) -> Any:  # noqa: ANN401 - httpx's
        recorder.send()
        response = send(self, request)
        recorder.http_call(request, response)
        return response

    transport.handle_request = heard


def _handle(handler: Any, recorder: Recorder, command: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - app.py's
    if command["record"]:
        _listen_to_httpx(recorder)
        recorder.begin()
    context = Context()
    started = time.process_time()
    answer = handler(command["event"], context)
    cpu = time.process_time() - started
    recorder.is_on = False
    return {"cpu": cpu, "answer": answer}


def _bare(calls: BareCalls) -> dict[str, Any]:
    started = time.process_time()
    calls.make()
    return {"cpu": time.process_time() - started}


def _peak_bytes() -> int:
    """Return the most memory since the process began; getrusage would tell of its parent, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak) * 1024


def main() -> None:
    """Answer commands until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    # What the function logs is written, as on Lambda, and read by nobody.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    recorder, calls = Recorder(), None
    _listen_to_aws(recorder)
    handler = importlib.import_module("app").lambda_handler
    # One for all bare calls: each reads its own models of AWS's services, which would look like the function's growth.
    session = boto3.Session()
    for line in sys.stdin:
        command = json.loads(line)
        match command["do"]:
            case "handle":
                answer = _handle(handler, recorder, command)
            case "recorded":
                answer = {"names": recorder.names, "answers": recorder.answers}
            case "replay":
                calls, answer = BareCalls(recorder, command["url"], session), {}
            case "bare" if calls:
                answer = _bare(calls)
            case _:
                answer = {"peak": _peak_bytes()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
