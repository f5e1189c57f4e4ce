"""`python -m profitsync`."""

import sys

from profitsync.cli import main

if __name__ == "__main__":
    sys.exit(main())
