"""Writes docs/terminal.md: what the commands really show on terminals of 80 and 160 columns.

    python -m tools.capture            write the page
    python -m tools.capture SCENE…     print these captures only

Each capture is a process on a pseudo-terminal, read by a terminal emulator. The merchant is generated with a fixed
seed and date, so the page changes only when the output does; spinners and clocks are put still.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.scenes import FRESH, SCENES, Scene
from tools.stage import Stage, served, synced
from tools.terminal import Terminal

PAGE = Path(__file__).parents[1] / "docs" / "terminal.md"
_INTRODUCTION = """# On the terminal

What the commands show on terminals of 80 and 160 columns: a generated merchant, captured by
`python -m tools.capture`, which writes this page. Colour is left out here; nothing depends on it, and `NO_COLOR`
switches it off.
"""
_STILL = (
    (re.compile("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]"), "⠋"),
    (re.compile(r"\b\d:\d\d:\d\d\b"), "0:00:01"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "12:00:00"),
)


def main(names: list[str]) -> int:
    """Write the page, or print what was asked for; 2 for a name that is no scene."""
    known = {scene.name: scene for scene in SCENES}
    if unknown := [name for name in names if name not in known]:
        print(f"no such scene: {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    with TemporaryDirectory(prefix="capture-") as folder:
        if names:
            print("\n".join(sections((known[name] for name in names), Path(folder))))
        else:
            text = "\n".join([_INTRODUCTION, *sections(SCENES, Path(folder))])
            PAGE.write_text(text, encoding="utf-8")
    return 0


def sections(scenes: Iterable[Scene], folder: Path) -> Iterator[str]:
    """The scenes as Markdown, each at all its widths."""
    theatre = Theatre(folder)
    for scene in scenes:
        parts = [f"## {scene.title}\n", f"{scene.text}\n", f"    profitsync {scene.typed}\n"]
        for columns in scene.widths:
            with theatre.stage_of(scene) as stage:
                lines = captured(scene, stage, columns)
            parts += [f"### {scene.title}: {columns} columns\n", "```text", *lines, "```\n"]
        yield "\n".join(parts)


class Theatre:
    """Hands out stages: a new one for each capture of a fresh merchant, else the one that is synced already."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()
        self._synced: Stage | None = None

    @contextmanager
    def stage_of(self, scene: Scene) -> Iterator[Stage]:
        """Where a scene is played."""
        if scene.stage == FRESH:
            place = self._folder / f"fresh-{next(self._numbers)}"
            place.mkdir()
            with served(place, *scene.faults) as stage:
                yield stage
        else:
            place = self._folder / "synced"
            place.mkdir(exist_ok=True)
            self._synced = self._synced or synced(place)
            yield self._synced


def captured(scene: Scene, stage: Stage, columns: int) -> list[str]:
    """The lines on the screen."""
    words = scene.typed.replace("REF", stage.email).split()
    environment = stage.environment | dict(scene.variables)
    with Terminal(words, columns=columns, folder=stage.folder, environment=environment) as terminal:
        arrived = scene.arrived
        lines = terminal.wait_for(lambda shown: arrived(stage, shown)) if arrived else terminal.end()
    return [_still(line) for line in lines]


def _still(line: str) -> str:
    for pattern, text in _STILL:
        line = pattern.sub(text, line)
    return line


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
