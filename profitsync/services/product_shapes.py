"""Products and bridges as JSON, in the manner of `shapes`."""

from typing import Any

from profitsync.services.products import ProductRow, ProductTable
from profitsync.services.reconcile import Bridge, Reconciliation, Step
from profitsync.services.shapes import day


def products_shape(table: ProductTable, limit: int | None = None) -> dict[str, Any]:
    """A table of products; `notOfAProduct` and `rounding` complete its columns to `totals`, whatever the limit."""
    return {
        "userId": table.user_id,
        "currency": table.currency,
        "timezone": table.timezone,
        "since": day(table.since),
        "until": day(table.until),
        "complete": table.complete,
        "count": len(table.products),
        "products": [
            {"productId": row.product_id, "sku": row.sku, "title": row.title, **row.values}
            for row in table.products[:limit]
        ],
        "notOfAProduct": _values(table.apart),
        "rounding": _values(table.rounding),
        "totals": _values(table.totals),
        "notes": list(table.notes),
    }


def reconciliation_shape(found: Reconciliation) -> dict[str, Any]:
    """All bridges; `difference` is 0, or null where something is not known."""
    return {
        "userId": found.user_id,
        "currency": found.currency,
        "timezone": found.timezone,
        "since": day(found.since),
        "until": day(found.until),
        "complete": found.complete,
        "bridges": [_bridge(bridge) for bridge in found.bridges],
        "notes": list(found.notes),
    }


def _bridge(bridge: Bridge) -> dict[str, Any]:
    return {
        "name": bridge.name,
        "title": bridge.title,
        "kind": bridge.kind,
        "compareWith": bridge.where,
        "steps": [_step(step) for step in bridge.steps],
        "result": _step(bridge.result),
        "difference": bridge.difference,
        "apart": [_step(step) for step in bridge.apart],
        "notes": list(bridge.notes),
    }


def _step(step: Step) -> dict[str, Any]:
    original = {"original": step.original, "currency": step.currency, "rate": step.rate}
    return {"label": step.label, "amount": step.amount, "why": step.why, **(original if step.currency else {})}


def _values(row: ProductRow) -> dict[str, Any]:
    return dict(row.values)
