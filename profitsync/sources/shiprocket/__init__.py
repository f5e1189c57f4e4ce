"""Shiprocket: parcels with their states and charges, and failed delivery attempts."""

from profitsync.sources.shiprocket.source import PACE, ShiprocketSource

__all__ = ["PACE", "ShiprocketSource"]
