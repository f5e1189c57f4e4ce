"""Lists as tables: numbers, ids and instants stay whole at any width; only free text folds."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

GAP = 2  # blanks between columns
_NARROWEST = 12  # a folding column keeps at least so much


def print_table(
    console: Console,
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    folding: Sequence[str] = (),
    numbers: Sequence[str] = (),
) -> None:
    """A table on `console`. Columns in `folding` give way where the width is short; `numbers` are right-aligned.

    When that is not enough, lines are longer than the terminal is wide rather than anything cut.
    """
    cells = [list(headings), *([printable(cell) for cell in row] for row in rows)]
    widths = _widths(cells, [heading in folding for heading in headings], console.width)
    right = [heading in numbers for heading in headings]
    for number, row in enumerate(cells):
        for line in _folded(row, widths):
            text = _aligned(line, widths, right)
            console.print(Text(text, style="" if number else "bold"), soft_wrap=True)


def column_widths(lines: Sequence[Sequence[str]]) -> list[int]:
    """How wide each column must be to hold its widest cell."""
    return [max(map(cell_len, cells)) for cells in zip(*lines, strict=True)]


def table_width(widths: Sequence[int]) -> int:
    """How wide a table of such columns is."""
    return sum(widths) + GAP * (len(widths) - 1)


def printable(text: str) -> str:
    """`text` without control characters, which could steer a terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)


def when(instant: datetime | None) -> str:
    """An instant for people, in UTC."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M}Z" if instant else "never"


def _widths(lines: Sequence[Sequence[str]], folds: Sequence[bool], available: int) -> list[int]:
    """Widths of the columns; the widest folding one gives way first."""
    widths = column_widths(lines)
    while table_width(widths) > available:
        room = [width if fold and width > _NARROWEST else 0 for width, fold in zip(widths, folds, strict=True)]
        if not any(room):
            break
        widths[room.index(max(room))] -= 1
    return widths


def _folded(row: Sequence[str], widths: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """A row as one or more lines."""
    pieces = [
        [cell] if cell_len(cell) <= width else textwrap.wrap(cell, width)
        for cell, width in zip(row, widths, strict=True)
    ]
    yield from zip_longest(*pieces, fillvalue="")


def _aligned(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = []
    for cell, width, to_the_right in zip(cells, widths, right, strict=True):
        blanks = " " * (width - cell_len(cell))
        padded.append(blanks + cell if to_the_right else cell + blanks)
    return (" " * GAP).join(padded).rstrip()
