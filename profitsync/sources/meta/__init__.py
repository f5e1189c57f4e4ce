"""Meta Ads: daily insights of a merchant's ad accounts."""

from profitsync.sources.meta.check import AdShop
from profitsync.sources.meta.source import MetaSource

__all__ = ["AdShop", "MetaSource"]
