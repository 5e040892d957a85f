"""Runs the template's functions in this process, in the place of Lambda."""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from local.template import TEMPLATE_FILE, function_folder, function_timeouts, functions, resources

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from types import ModuleType, TracebackType

    from local.template import Template

    type Handler = Callable[[dict[str, Any], LambdaContext], Any]

# On Lambda each has a processor of its own. Here all share one with moto, and more of them would only run into the
# time-outs of their calls.
PARALLEL_INVOCATIONS = 16
ARN_PREFIX = "arn:aws:lambda:eu-central-1:123456789012:function:"


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What Lambda tells a function about one invocation. The clock starts when the context is made."""

    function_name: str
    timeout: timedelta
    memory_limit_in_mb: int
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    started: float = field(default_factory=time.monotonic)

    @property
    def invoked_function_arn(self) -> str:
        """The name under which Lambda knows the function."""
        return ARN_PREFIX + self.function_name

    @property
    def log_group_name(self) -> str:
        """Where Lambda would keep the logs."""
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left until Lambda would end the invocation, never less than 0."""
        left = self.timeout.total_seconds() - (time.monotonic() - self.started)
        return max(0, int(left * 1000))


class Functions:
    """The template's functions, loaded between enter and exit.

    All of them share one process: the same environment, the same layer, and `sys.path` with the layer on it.
    """

    def __init__(self, template: Template, *, parallel: int = PARALLEL_INVOCATIONS) -> None:
        """Read what there is to run; nothing is loaded yet. No more than `parallel` invocations run at a time."""
        self._slots = threading.BoundedSemaphore(parallel)
        self._template = template
        self._properties = functions(template)
        self._timeouts = function_timeouts(template)
        self._handlers: dict[str, Handler] = {}
        self._loaded: list[str] = []

    def __enter__(self) -> Self:
        """Load every function, so that one that cannot be imported is known before the first request."""
        _put_layers_on_path(self._template)
        for name in self._properties:
            self._handlers[name] = self._load(name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Forget the modules, so that the next start runs their code again."""
        for name in self._loaded:
            sys.modules.pop(name, None)
        self._loaded.clear()
        self._handlers.clear()

    def invoke(self, name: str, event: dict[str, Any]) -> Any:  # noqa: ANN401 -- a function may answer anything
        """Run a function, by its logical id, and return what it returns. What it raises is raised."""
        with self._slots:
            return self._handlers[name](event, self._context(name))

    def _context(self, name: str) -> LambdaContext:
        return LambdaContext(
            function_name=name,
            timeout=self._timeouts[name],
            memory_limit_in_mb=self._properties[name]["MemorySize"],
        )

    def _load(self, name: str) -> Handler:
        module_name, _, attribute = self._properties[name]["Handler"].rpartition(".")
        module = self._module(f"local_function_{name}", module_name, name)
        handler: Handler = getattr(module, attribute)
        return handler

    def _module(self, unique_name: str, file_stem: str, function: str) -> ModuleType:
        """Import a file under a name of its own: all of them are called app.py."""
        file = function_folder(self._template, function) / f"{file_stem}.py"
        spec = importlib.util.spec_from_file_location(unique_name, file)
        if spec is None or spec.loader is None:
            message = f"{file} is not a Python module"
            raise ImportError(message)
        module = importlib.util.module_from_spec(spec)
        sys.modules[unique_name] = module
        self._loaded.append(unique_name)
        spec.loader.exec_module(module)
        return module


def _put_layers_on_path(template: Template) -> None:
    for layer in resources(template, "AWS::Serverless::LayerVersion").values():
        folder = str(TEMPLATE_FILE.parent / layer["ContentUri"])
        if folder not in sys.path:
            sys.path.insert(0, folder)
