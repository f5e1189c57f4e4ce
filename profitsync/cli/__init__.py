"""The command line: parses, calls one service, renders."""

from profitsync.cli.app import main

__all__ = ["main"]
