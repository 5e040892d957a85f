"""Compares what a function may do with what it was seen to ask for, both ways."""

from collections import Counter

from local.template import Template
from tests.iam import Right, functions, statements
from tests.permissions import Seen

UNSEEN = {
    "logs:CreateLogStream": "Lambda writes the log in the function's name",
    "logs:PutLogEvents": "Lambda writes the log in the function's name",
    "sqs:DeleteMessage": "Lambda polls the queue in the worker's name",
    "sqs:GetQueueAttributes": "Lambda polls the queue in the worker's name",
    "sqs:ReceiveMessage": "Lambda polls the queue in the worker's name",
    "xray:PutTelemetryRecords": "Lambda sends the trace in the function's name",
    "xray:PutTraceSegments": "Lambda sends the trace in the function's name",
}
"""What no function asks for by itself, and needs all the same. So are the uses of the key through DynamoDB and SQS."""

ROW = "{:<18} {:<32} {:<14} {:<56} {:>6}"


def missing(template: Template, seen: Seen) -> set[str]:
    """Return what a function asked for and may not."""
    allowing = {function: statements(template, function) for function in functions(template)}
    return {
        f"{function} {asked.action} on {asked.resource}"
        for function, asked in seen
        if not any(statement.allows(asked) for statement in allowing[function])
    }


def used(template: Template, function: str, seen: Seen) -> Counter[Right]:
    """Return how often a function asked for each right that it has, beside those that nobody can see it use."""
    asked = [request for name, request in seen if name == function]
    counts: Counter[Right] = Counter()
    for statement in statements(template, function):
        if statement.is_used_through_others():
            continue
        for right in statement.rights():
            if right.action not in UNSEEN:
                counts[right] += sum(statement.uses(right, request) for request in asked)
    return counts


def extra(template: Template, seen: Seen) -> set[str]:
    """Return what a function may do and never asked for."""
    return {
        f"{function} {right}"
        for function in functions(template)
        for right, count in used(template, function, seen).items()
        if not count
    }


def table(template: Template, seen: Seen) -> str:
    """Return for people to read who may do what, and how often it was asked for."""
    rows = [
        ROW.format(function, right.action, right.resource, f"{right.key} {right.value}".strip() or "–", count)
        for function in functions(template)
        for right, count in used(template, function, seen).items()
    ]
    return "\n".join([ROW.format("function", "action", "resource", "condition", "asked"), *rows])
