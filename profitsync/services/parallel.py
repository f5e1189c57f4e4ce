"""Work side by side in bounded time, for questions to servers that may never answer."""

import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import TypeVar

from profitsync.logs import carry

T = TypeVar("T")


def side_by_side(tasks: Sequence[Callable[[], T]], seconds: float, workers: int = 12) -> list[T | None]:
    """The results in order, None for whatever is not done after `seconds`. The tasks must not raise.

    The threads of late tasks are left behind; a program that ends does not wait for them.
    """
    results: list[T | None] = [None] * len(tasks)
    waiting: SimpleQueue[int] = SimpleQueue()
    for number in range(len(tasks)):
        waiting.put(number)

    def work() -> None:
        while True:
            try:
                number = waiting.get_nowait()
            except Empty:
                return
            results[number] = tasks[number]()

    threads = [
        threading.Thread(target=carry(work), name=f"check {number}", daemon=True)
        for number in range(min(workers, len(tasks)))
    ]
    give_up_at = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, give_up_at - time.monotonic()))
    return list(results)
