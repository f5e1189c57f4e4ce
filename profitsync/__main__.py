"""The process: `profitsync`, and `python -m profitsync`."""

import os
import sys
import threading
from typing import NoReturn

from profitsync.cli import main


def run() -> NoReturn:
    """Run the command that the arguments name, and end with its exit code."""
    leave(main())


def leave(code: int) -> NoReturn:
    """End this process now: what was opened is closed by now.

    The interpreter would take itself apart first, and wait for threads of MongoDB's driver, which sleep for up to
    half a second before they look whether they are still wanted.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # nobody reads any more, or the disk is full: the interpreter says so
        sys.exit(code)
    if any(thread is not threading.main_thread() and not thread.daemon for thread in threading.enumerate()):
        sys.exit(code)  # somebody's work is not done
    os._exit(code)


if __name__ == "__main__":
    run()
