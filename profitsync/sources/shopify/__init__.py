"""Shopify: orders with everything the ledger needs, and unit costs, over the Admin GraphQL API.

What speaks HTTP is imported when it is asked for: a further process that only maps orders does without.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from profitsync.sources.shopify.auth import ClientCredentials, Credentials, StaticToken
    from profitsync.sources.shopify.bulk import BulkOptions
    from profitsync.sources.shopify.source import ShopifySource

__all__ = ["BulkOptions", "ClientCredentials", "Credentials", "ShopifySource", "StaticToken"]

_MODULES = dict.fromkeys(("ClientCredentials", "Credentials", "StaticToken"), "auth") | {
    "BulkOptions": "bulk", "ShopifySource": "source",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
