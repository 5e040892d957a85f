"""A gateway over a template of its own, whose functions show what reaches them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.gateway import api_server
from local.identity import Issuer, TokenVerifier
from local.loopback import LoopbackServer, listen, port_of
from local.runner import InProcessRunner
from local.runtime import Functions
from local.template import load_template, public_routes

FUNCTIONS = '''
import os
import time

def echo(event, context):
    """Answer what arrived, for the tests to look at."""
    return {
        "event": event,
        "request_id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "function": context.function_name,
        "memory": context.memory_limit_in_mb,
        "left": context.get_remaining_time_in_millis(),
    }

def crash(event, context):
    """Fail as a bug does."""
    raise ZeroDivisionError("the bug")

def nothing(event, context):
    """Answer without a body."""
    return {"statusCode": 204}

def redirect(event, context):
    """Answer with headers that must pass unchanged."""
    headers = {
        "location": "kinni://back#outcome=x",
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
    }
    return {"statusCode": 303, "headers": headers, "body": "<p>On your way</p>"}

def unwritable(event, context):
    """Answer what is not JSON."""
    return {"statusCode": 200, "body": {1, 2}}

def slow(event, context):
    """Take a while."""
    time.sleep(0.2)
    return {"statusCode": 200, "body": context.aws_request_id}
'''

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {{Runtime: python3.13, MemorySize: 512, Timeout: 15}}
Resources:
  HttpApi:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Kinni
        Authorizers:
          Kinni: {{IdentitySource: $request.header.Authorization, JwtConfiguration: {{issuer: i, audience: [a]}}}}
"""

FUNCTION = """
  {name}Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: {folder}
      Handler: app.{handler}
      Events:
        Call:
          Type: HttpApi
          Properties: {{ApiId: !Ref HttpApi, Method: {method}, Path: {path}{auth}}}
"""

ROUTES = (
    ("Secret", "echo", "POST", "/secret", False),
    ("Look", "echo", "GET", "/look", False),
    ("Open", "echo", "GET", "/open", True),
    ("OpenPost", "echo", "POST", "/open", True),
    ("Crash", "crash", "GET", "/crash", True),
    ("Nothing", "nothing", "DELETE", "/nothing", True),
    ("Redirect", "redirect", "GET", "/way/back", True),
    ("Unwritable", "unwritable", "GET", "/unwritable", True),
    ("Slow", "slow", "GET", "/slow", True),
)


@dataclass(frozen=True)
class EchoGateway:
    """A gateway that runs, and the issuer that it trusts."""

    url: str
    issuer: Issuer


@contextmanager
def echo_gateway(folder: Path) -> Iterator[EchoGateway]:
    """Write the template and its functions into the folder and serve them."""
    template_file = _write(folder)
    template = load_template(template_file)
    with listen(0) as listener, Functions(template) as functions:
        port = port_of(listener)
        issuer = Issuer(url=f"http://127.0.0.1:{port}", audience="kinni")
        verifier = TokenVerifier(issuer.jwks(), issuer=issuer.url, audience=issuer.audience)
        runner = InProcessRunner(functions, verifier, public_routes(template))
        server = LoopbackServer(api_server(template_file, runner, port), listener)
        server.start()
        try:
            yield EchoGateway(server.url, issuer)
        finally:
            server.stop()


def _write(folder: Path) -> Path:
    (folder / "code").mkdir()
    (folder / "code" / "app.py").write_text(FUNCTIONS, encoding="utf-8")
    template = TEMPLATE.format()
    for name, handler, method, path, is_open in ROUTES:
        auth = ", Auth: {Authorizer: NONE}" if is_open else ""
        template += FUNCTION.format(
            name=name, folder=folder / "code", handler=handler, method=method, path=path, auth=auth
        )
    (folder / "template.yaml").write_text(template, encoding="utf-8")
    return folder / "template.yaml"
