"""Decides as IAM does, as far as the roles of template.yaml go; what it does not know it refuses to judge."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, override

from local.template import Template, resources

THROUGH = "kms:ViaService"

type Values = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One action on one resource of the template, which the request calls `named`, with what IAM knows of it."""

    action: str
    resource: str
    context: Values = field(default_factory=dict, hash=False)
    named: str = ""


@dataclass(frozen=True, slots=True)
class Right:
    """The least part of a statement: an action on a resource, for one value of one condition where there are any."""

    action: str
    resource: str
    key: str = ""
    value: str = ""

    @override
    def __str__(self) -> str:
        return f"{self.action} on {self.resource}" + (f" for {self.key} {self.value}" if self.key else "")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that allows; `*` stands for a resource without a name."""

    actions: tuple[str, ...]
    resource: str
    condition: Mapping[str, Mapping[str, Any]]

    def allows(self, asked: Asked) -> bool:
        """Tell whether the request may be made because of this statement."""
        return (
            asked.action in self.actions
            and asked.resource == self.resource
            and all(
                _holds(operator, key, wanted, asked.context)
                for operator, keys in self.condition.items()
                for key, wanted in keys.items()
            )
        )

    def is_used_through_others(self) -> bool:
        """Tell whether it is for what AWS does with the key in the function's name, which no function ever asks for."""
        return any(THROUGH in keys for keys in self.condition.values())

    def rights(self) -> Iterator[Right]:
        """Yield all that it gives; `Null` only takes."""
        values = [
            (key, value)
            for operator, keys in self.condition.items()
            for key, wanted in keys.items()
            for value in listed(wanted)
            if operator != "Null"
        ]
        for action in self.actions:
            yield from (Right(action, self.resource, *pair) for pair in values or [("", "")])

    def uses(self, right: Right, asked: Asked) -> bool:
        """Tell whether this request is what the right, a part of this statement, is there for."""
        if asked.action != right.action or not self.allows(asked):
            return False
        return not right.key or any(is_like(right.value, told) for told in asked.context.get(right.key, ()))


def functions(template: Template) -> list[str]:
    """Return the logical ids of all functions, of the source as of the transformed template."""
    return [
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] in {"AWS::Serverless::Function", "AWS::Lambda::Function"}
    ]


def role(template: Template, function: str) -> dict[str, Any]:
    """Return the properties of a function's role; the template is the source or what AWS makes of it."""
    name = template["Resources"][function]["Properties"]["Role"]["Fn::GetAtt"]
    found: dict[str, Any] = resources(template, "AWS::IAM::Role")[name if isinstance(name, str) else name[0]]
    return found


def statements(template: Template, function: str) -> list[Statement]:
    """Return all statements of a function's role, and of the managed policies that it always or sometimes has."""
    own = role(template, function)
    managed = [resources(template, "AWS::IAM::ManagedPolicy")[name] for name in managed_policies(own)]
    documents = [policy["PolicyDocument"] for policy in [*own["Policies"], *managed]]
    return [_statement(statement) for document in documents for statement in document["Statement"]]


def managed_policies(role: Mapping[str, Any]) -> list[str]:
    """Return the names of a role's managed policies; one of AWS's own, or a choice without an end, is a KeyError."""
    chosen = [named["Fn::If"][1] if "Fn::If" in named else named for named in role["ManagedPolicyArns"]]
    return [named["Ref"] for named in chosen]


def listed(value: Any) -> list[Any]:  # noqa: ANN401 - a part of a policy
    """Return what a policy says as one or as a list of them."""
    return value if isinstance(value, list) else [value]


def is_like(pattern: str, value: str) -> bool:
    """Compare as StringLike does: `*` stands for anything and `?` for one character."""
    parts = {"*": ".*", "?": "."}
    return re.fullmatch("".join(parts.get(part) or re.escape(part) for part in pattern), value, re.DOTALL) is not None


def _statement(written: Mapping[str, Any]) -> Statement:
    known = {"Effect", "Action", "Resource", "Condition", "Sid"}
    if written["Effect"] != "Allow" or not known >= written.keys():
        message = f"a statement of another kind: {written}"
        raise ValueError(message)
    return Statement(tuple(listed(written["Action"])), _resource(written["Resource"]), written.get("Condition", {}))


def _resource(written: Any) -> str:  # noqa: ANN401 - a part of a policy
    """Return the logical id of the one resource, or `*`."""
    match written:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "Arn"]}:
            return name
        case "*":
            return "*"
    message = f"not one resource of the template: {written}"
    raise ValueError(message)


def _holds(operator: str, key: str, wanted: Any, context: Values) -> bool:  # noqa: ANN401 - a part of a policy
    told = context.get(key)
    match operator:
        case "Null":
            return bool((told is None) == (wanted == "true"))
        case "StringEquals":
            return bool(told and len(told) == 1 and all(value in listed(wanted) for value in told))
        case "ForAllValues:StringEquals":
            return all(value in listed(wanted) for value in told or frozenset())
        case "ForAllValues:StringLike":
            return all(any(is_like(pattern, value) for pattern in listed(wanted)) for value in told or frozenset())
    message = f"an operator that nobody taught: {operator}"
    raise ValueError(message)
