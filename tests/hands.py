"""Hands that do as a test says, in this process."""

from collections.abc import Callable
from concurrent.futures import Future

from profitsync.hands import Hands, Task

Answer = Future[bytes | None]
Behaviour = Callable[[Answer, Task, bytes], None]


class Scripted(Hands):
    """So many hands that answer when they are told to, or never."""

    def __init__(self, count: int, behaviour: Behaviour) -> None:
        super().__init__(count)
        self._behaviour = behaviour
        self.calls = 0

    def call(self, task: Task, given: bytes) -> Answer:
        self.calls += 1
        answer = Answer()
        self._behaviour(answer, task, given)
        return answer


def at_once(answer: Answer, task: Task, given: bytes) -> None:
    answer.set_result(task(given))


def not_at_all(answer: Answer, _task: Task, _given: bytes) -> None:
    answer.set_result(None)
