"""Shopify: orders with everything the ledger needs, and unit costs, over the Admin GraphQL API."""

from profitsync.sources.shopify.auth import ClientCredentials, Credentials, StaticToken
from profitsync.sources.shopify.bulk import BulkOptions
from profitsync.sources.shopify.source import ShopifySource

__all__ = ["BulkOptions", "ClientCredentials", "Credentials", "ShopifySource", "StaticToken"]
