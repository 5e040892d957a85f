"""Holds what the API says against what its OpenAPI document says it says."""

import json
from typing import Any

from openapi_schema_validator import OAS31Validator, oas31_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from local.openapi.document import openapi

URI = "urn:openapi"

type Part = dict[str, Any]


class ApiDocument:
    """The document, and the JSON schemas in it."""

    def __init__(self) -> None:
        self.document = openapi()
        self.schemas: dict[str, Part] = self.document["components"]["schemas"]
        self._registry: Registry[Any] = Registry().with_resource(URI, DRAFT202012.create_resource(self.document))

    @property
    def operations(self) -> dict[str, Part]:
        """Return every operation by its id, which is its function's folder."""
        operations = (operation for path in self.document["paths"].values() for operation in path.values())
        return {operation["operationId"]: operation for operation in operations}

    def faults(self, value: object, schema: Part) -> list[str]:
        """Return what is wrong with the value by a schema of the document."""
        # Taken out of the document, it must say in its references what they refer to.
        complete = json.loads(json.dumps(schema).replace('"#/', f'"{URI}#/'))
        validator = OAS31Validator(complete, registry=self._registry, format_checker=oas31_format_checker)
        return [error.message for error in validator.iter_errors(value)]

    def resolved(self, part: Part) -> Part:
        """Return what a reference refers to, or the part itself where it is none."""
        if "$ref" not in part:
            return part
        found: Any = self.document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return dict(found)
