"""AWS refuses a function what its policy does not allow. No emulator does, so the tests do it in their place.

Every AWS call that one of `functions/*/app.py` makes in this process is held against template.yaml.
"""

import inspect
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from botocore.model import OperationModel

from local.template import Template, function_folder, functions, load_template

HANDLER_FILE = "app.py"


class Permissions:
    """What each function may do, and what it was refused so far."""

    def __init__(self, template: Template) -> None:
        self._allowed = {_file(template, name): _rights(template, name) for name in functions(template)}
        self.refused: set[str] = set()

    def check(self, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        """Raise what AWS raises where a function is the caller and may not; what others call is not judged."""
        function = self._caller()
        if function is None:
            return
        for action in _actions(params, model):
            if action not in self._allowed[function]:
                self.refused.add(f"{Path(function).parent.name} may not {action}")
                message = f"not authorized to perform: {action}"
                raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, model.name)

    def _caller(self) -> str | None:
        """Return the file of the function whose handler is running in this thread."""
        frame = inspect.currentframe()
        while frame is not None:
            if frame.f_code.co_filename in self._allowed:
                return frame.f_code.co_filename
            frame = frame.f_back
        return None


def enforce() -> Permissions:
    """Hold all clients of the default session, made from now on, against the template's policies."""
    permissions = Permissions(load_template())
    session = boto3.Session()
    session.events.register("before-parameter-build", permissions.check)
    boto3.DEFAULT_SESSION = session
    return permissions


def _file(template: Template, function: str) -> str:
    return str(function_folder(template, function) / HANDLER_FILE)


def _rights(template: Template, function: str) -> set[str]:
    """Return the actions of a function's own statements; the template's tests hold their resources and conditions."""
    return {
        action
        for policy in functions(template)[function]["Policies"]
        for statement in policy.get("Statement", [])
        for action in _as_list(statement["Action"])
    }


def _as_list(action: str | list[str]) -> list[str]:
    return [action] if isinstance(action, str) else action


def _actions(params: dict[str, Any], model: OperationModel) -> list[str]:
    """Return what IAM is asked for; a transaction needs the rights of each of its parts."""
    service = model.service_model.service_name
    if model.name == "TransactWriteItems":
        parts = {
            "ConditionCheck": "ConditionCheckItem",
            "Put": "PutItem",
            "Update": "UpdateItem",
            "Delete": "DeleteItem",
        }
        return [f"{service}:{parts[kind]}" for item in params["TransactItems"] for kind in item]
    return [f"{service}:{model.name}"]
