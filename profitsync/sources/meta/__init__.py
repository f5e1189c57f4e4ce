"""Meta Ads: daily insights of one ad account."""

from profitsync.sources.meta.source import MetaSource

__all__ = ["MetaSource"]
