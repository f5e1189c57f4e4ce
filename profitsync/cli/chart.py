"""A column chart in plain text: one panel per metric, so that series differ by place, not by colour.

Columns stand on a line at zero and hang below it for losses. The line itself tells of gaps: `?` where a value is
not known or not defined, `*` and `~` as in the tables. Heights are exact to an eighth of a line above zero, and to
a half below.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_UP = " ▁▂▃▄▅▆▇█"
_DOWN = " ▀█"
_UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Point:
    """A period: its label, its value (None: not known) and the mark of its row."""

    label: str
    value: Decimal | None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a panel: the axis label, what is drawn, and on which side of zero."""

    axis: str
    drawn: str
    side: int  # 1 above zero, 0 the line itself, -1 below


def draw(
    points: Sequence[Point], *, width: int, height: int, axis: Sequence[str], blocks: bool = True
) -> Iterator[Row]:
    """The panel of `points` in `width` columns and about `height` lines.

    `axis` are the labels of the greatest value, of zero and of the least. `blocks` false: ASCII only.
    """
    values = [point.value for point in points if point.value is not None]
    top, bottom = max([*values, Decimal(0)]), min([*values, Decimal(0)])
    above, below = _lines(top, bottom, height)
    step = max(1, width // len(points))
    label_width = max(map(len, axis))
    for line in range(above, 0, -1):
        cells = (_above(point.value, top, above, line, blocks=blocks) for point in points)
        yield Row(f"{axis[0] if line == above else '':>{label_width}}", _spread(cells, step), 1)
    base = ((_UNKNOWN if point.value is None else point.mark) for point in points)
    zero = "─" if blocks else "-"
    yield Row(f"{axis[1]:>{label_width}}", _spread((mark or zero for mark in base), step, zero), 0)
    for line in range(1, below + 1):
        cells = (_below(point.value, bottom, below, line, blocks=blocks) for point in points)
        yield Row(f"{axis[2] if line == below else '':>{label_width}}", _spread(cells, step), -1)


def dates(points: Sequence[Point], width: int) -> str:
    """Labels of the first, the last and a few points between, under their columns."""
    step = max(1, width // len(points))
    line = ""
    for number, point in enumerate(points):
        at = number * step
        last = number == len(points) - 1
        if last:
            at = max(at, 0)
            if at + len(point.label) > width and len(point.label) <= width:
                at = width - len(point.label)
        if at == 0 or at >= len(line) + 3:
            if not last and at + 2 * len(point.label) + 3 > (len(points) - 1) * step + 1 and number:
                continue
            line = line.ljust(at) + point.label
    return line


def _lines(top: Decimal, bottom: Decimal, height: int) -> tuple[int, int]:
    """How many lines stand above and below zero, in proportion; a side with values has one at least."""
    if top == bottom:
        return (1, 0)
    below = int((height * -bottom / (top - bottom)).to_integral_value(ROUND_HALF_UP))
    if bottom < 0:
        below = max(1, below)
    above = height - below
    if top > 0:
        above = max(1, above)
    return above, below


def _above(value: Decimal | None, top: Decimal, lines: int, line: int, *, blocks: bool) -> str:
    if value is None or value <= 0:
        return " "
    eighths = max(1, int((value / top * lines * 8).to_integral_value(ROUND_HALF_UP)))
    filled = min(8, max(0, eighths - (line - 1) * 8))
    return _UP[filled] if blocks else "#" if filled >= 4 or (line == 1 and filled) else " "


def _below(value: Decimal | None, bottom: Decimal, lines: int, line: int, *, blocks: bool) -> str:
    if value is None or value >= 0:
        return " "
    halves = max(1, int((value / bottom * lines * 2).to_integral_value(ROUND_HALF_UP)))
    filled = min(2, max(0, halves - (line - 1) * 2))
    return _DOWN[filled] if blocks else "#" if filled else " "


def _spread(cells: Iterator[str], step: int, between: str = " ") -> str:
    """Each cell as wide as a column of the chart, with a blank between columns where there is room."""
    if step == 1:
        return "".join(cells)
    drawn = []
    for cell in cells:
        wide = cell * (step - 1) if cell in _UP + _DOWN + "#" else cell + between * (step - 2)
        drawn.append(wide + between)
    return "".join(drawn)
