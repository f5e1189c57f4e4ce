"""Answers of Shopify's API in which something is broken, as recorded or reported."""

import secrets
from typing import Any

from profitsync.sandbox.faults import Fault
from profitsync.sandbox.graphql import Operation, QueryError
from profitsync.sandbox.http import Answer, json_answer

BROKEN = frozenset({"internal-error", "string-errors", "map-errors", "partly-null", "not-found", "code"})


def broken(fault: Fault, operation: Operation) -> dict[str, Any]:
    """The body of an answer that a fault of `BROKEN` spoils altogether."""
    match fault.kind:
        case "string-errors":
            return {"errors": "Something went wrong."}
        case "map-errors":
            return {"errors": {"query": ["Something is wrong with it"]}}
        case "partly-null":
            return {"data": {root.key: None for root in operation.root_fields()}}
        case "not-found":
            return _failed("Invalid id", "RESOURCE_NOT_FOUND", data=None)
        case "code":
            return _failed("The query was refused", fault.value)
    number = secrets.token_hex(8)
    message = f"Internal error. Looks like something went wrong on our end.\nRequest ID: {number}"
    error = QueryError(message, "INTERNAL_SERVER_ERROR", null_data=True, requestId=number)
    return {"errors": [error.entry], "data": None}


def _failed(message: str, code: str, **rest: None) -> dict[str, Any]:
    return {"errors": [QueryError(message, code).entry], **rest}


def ignored_term() -> dict[str, Any]:
    """An entry of `extensions.search`: the answer holds what the ignored term should have left out."""
    warning = {"field": "updated_at", "message": "Invalid search field for this query.", "code": "invalid_field"}
    return {"path": ["orders"], "query": "", "warnings": [warning]}


def redirect(host: str, path: str) -> Answer:
    """A shop that was renamed, or has an alias, sends its callers to another name."""
    target = f"https://{host or 'renamed.myshopify.com'}{path[path.index('/', 1) :]}"
    return json_answer({}, 301, {"Location": target})


def times_out(operation: Operation, fault: Fault | None) -> bool:
    """Whether the query asks for more rows, or objects by id, than `time-out` allows."""
    if fault is None or fault.kind != "time-out":
        return False
    most = int(fault.value)
    for root in operation.root_fields():
        ids = root.arguments.get("ids")
        size = root.arguments.get("first") or (len(ids) if isinstance(ids, list) else 0)
        if isinstance(size, int) and size > most:
            return True
    return False
