"""profitsync: what a direct-to-consumer merchant really earned, day by day."""

__version__ = "0.1.0"
