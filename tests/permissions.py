"""AWS refuses a function what its role does not allow. No emulator does, so the tests do it in their place.

Every AWS call that one of `functions/*/app.py` makes in this process is held against template.yaml.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from botocore.model import OperationModel

from local.template import Template, function_folder, functions, load_template
from tests.iam import Asked, Statement, Values, statements

HANDLER_FILE = "app.py"
NAMES = {
    "TableName": "TABLE_NAME",
    "KeyId": "TOKEN_KEY_ID",
    "SecretId": "CLIENT_SECRET_NAME",
    "QueueUrl": "REVOCATION_QUEUE_URL",
}
"""What names the resource in a request, and the variable by which the template tells it to the functions."""
PARTS = {"ConditionCheck": "ConditionCheckItem", "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}

type Seen = list[tuple[str, Asked]]


class Permissions:
    """What each function may do, and what it was refused so far."""

    def __init__(self, template: Template) -> None:
        self._functions = {_file(template, name): name for name in functions(template)}
        self._statements: dict[str, list[Statement]] = {
            name: statements(template, name) for name in functions(template)
        }
        self._resources = _resources(template)
        self._watching: list[Seen] = []
        self.refused: set[str] = set()

    @contextmanager
    def watching(self) -> Iterator[Seen]:
        """Fill the list with what the functions ask for, each by its name in the template."""
        seen: Seen = []
        self._watching.append(seen)
        try:
            yield seen
        finally:
            self._watching.remove(seen)

    def check(self, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        """Raise what AWS raises where a function is the caller and may not; what others call is not judged."""
        file = self._caller()
        if file is None:
            return
        function = self._functions[file]
        for asked in self._asked(params, model):
            for seen in self._watching:
                seen.append((function, asked))
            if not any(statement.allows(asked) for statement in self._statements[function]):
                self.refused.add(f"{Path(file).parent.name} may not {_told(asked)}")
                message = f"not authorized to perform: {asked.action}"
                raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, model.name)

    def _caller(self) -> str | None:
        """Return the file of the function whose handler is running in this thread."""
        frame = inspect.currentframe()
        while frame is not None:
            if frame.f_code.co_filename in self._functions:
                return frame.f_code.co_filename
            frame = frame.f_back
        return None

    def _asked(self, params: dict[str, Any], model: OperationModel) -> Iterator[Asked]:
        """Yield what IAM is asked for.

        A transaction needs the rights of each of its parts. Whether AWS holds a part against its own key or against
        those of all parts is not documented; all of them it is here, and a role that allows that allows the other.
        """
        service = model.service_model.service_name
        if model.name == "TransactWriteItems":
            parts = [(PARTS[kind], part) for item in params["TransactItems"] for kind, part in item.items()]
            context = {"dynamodb:LeadingKeys": frozenset(_key(part) for _, part in parts)}
            yield from (self._about(part, f"{service}:{action}", context) for action, part in parts)
        else:
            yield self._about(params, f"{service}:{model.name}", _context(params))

    def _about(self, params: dict[str, Any], action: str, context: Values) -> Asked:
        """Return what is asked for, of the resource that stands behind the name in the request, whatever the name."""
        for parameter, resource in self._resources.items():
            if parameter in params:
                return Asked(action, resource, context, params[parameter])
        return Asked(action, "*", context)


def enforce() -> Permissions:
    """Hold all clients of the default session, made from now on, against the template's roles."""
    permissions = Permissions(load_template())
    session = boto3.Session()
    session.events.register("before-parameter-build", permissions.check)
    boto3.DEFAULT_SESSION = session
    return permissions


def _file(template: Template, function: str) -> str:
    return str(function_folder(template, function) / HANDLER_FILE)


def _resources(template: Template) -> dict[str, str]:
    """Return the logical id that stands behind each parameter that names a resource."""
    told = template["Globals"]["Function"]["Environment"]["Variables"]
    values = {parameter: told[variable] for parameter, variable in NAMES.items()}
    return {
        parameter: value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0] for parameter, value in values.items()
    }


def _context(params: dict[str, Any]) -> dict[str, frozenset[str]]:
    """Return the condition keys that a request has beside those that all have."""
    if "TableName" in params:
        return {"dynamodb:LeadingKeys": frozenset({_key(params)})}
    context = params.get("EncryptionContext", {})
    told = {f"kms:EncryptionContext:{name}": frozenset({value}) for name, value in context.items()}
    return told | ({"kms:EncryptionContextKeys": frozenset(context)} if context else {})


def _key(params: dict[str, Any]) -> str:
    key: str = (params["Key"] if "Key" in params else params["Item"])["pk"]["S"]
    return key


def _told(asked: Asked) -> str:
    """Name the request as a refusal does: by its kind of key, and by nothing that belongs to a person."""
    kinds = sorted({key.partition("#")[0] for key in asked.context.get("dynamodb:LeadingKeys", ())})
    return " ".join([asked.action, *(["on", ", ".join(kinds)] if kinds else [])])
