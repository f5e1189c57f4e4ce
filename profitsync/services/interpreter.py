"""The interpreter, set for work that makes millions of small records and drops them again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Records hold no cycles: they go when nobody holds them any more. The collector, which looks for cycles, went
# through them every 700 new ones, which took a quarter of the time of decoding and of calculating.
_NEW_RECORDS = 100_000


@contextmanager
def many_records() -> Iterator[None]:
    """Inside, the garbage collector looks for cycles more rarely."""
    before = gc.get_threshold()
    gc.set_threshold(_NEW_RECORDS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
