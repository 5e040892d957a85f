"""The whole document: paths from the template, and what they take and answer from the layer."""

from typing import Any, override

import yaml

from account_link import __version__
from account_link.errors import TryAgainError
from local.openapi.operations import operations
from local.openapi.problems import gateway_responses, problem_examples
from local.openapi.schemas import schemas
from local.settings import DEFAULT_PORT
from local.template import Route, Template, function_folder, functions, load_template, routes

type Document = dict[str, Any]

WRITTEN_BY = "# Written by `make openapi` from the code: change that, not this.\n"
WIDTH = 120
KINNI_JWT = "KinniJwt"
SERVERS = [
    {"url": f"http://127.0.0.1:{DEFAULT_PORT}", "description": "`make dev`"},
    {
        "url": "https://{api}.execute-api.{region}.amazonaws.com",
        "description": "The output `ApiUrl` of a deployment",
        "variables": {"api": {"default": "a1b2c3d4e5"}, "region": {"default": "eu-central-1"}},
    },
]


class _Dumper(yaml.SafeDumper):
    """Writes what is used twice twice, and several lines as several lines."""

    @override
    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def as_yaml() -> str:
    """Return the document as `docs/openapi.yaml` keeps it."""
    text: str = yaml.dump(openapi(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    return WRITTEN_BY + text


def openapi() -> Document:
    """Return the document."""
    template = load_template()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kinni's link to TrainingPeaks",
            "version": __version__,
            "description": template["Description"],
        },
        "servers": SERVERS,
        # Every route asks for a JWT unless it says that it is public.
        "security": [{KINNI_JWT: []}],
        "paths": _paths(template),
        "components": _components(),
    }


def _paths(template: Template) -> Document:
    described = operations()
    paths: Document = {}
    for route in routes(template):
        function = function_folder(template, route.function).name
        path = paths.setdefault(route.path, {})
        path[route.method.lower()] = _operation(template, route, function) | described[function]
    return paths


def _operation(template: Template, route: Route, function: str) -> Document:
    operation = {"operationId": function, "summary": functions(template)[route.function]["Description"]}
    return operation | ({"security": []} if route.is_public else {})


def _components() -> Document:
    seconds = int(TryAgainError().retry_after.total_seconds())
    return {
        "securitySchemes": {
            KINNI_JWT: {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "The user is the `sub` claim and nothing else.",
            }
        },
        "headers": {
            "NoStore": {"schema": {"const": "no-store"}},
            "RetryAfter": {"description": "Seconds.", "schema": {"type": "integer", "const": seconds}},
        },
        "responses": gateway_responses(),
        "examples": problem_examples(),
        "schemas": schemas(),
    }
