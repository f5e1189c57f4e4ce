"""Write the tables of docs/performance.md anew from what benchmarks printed.

    python -m benchmarks | python -m benchmarks.figures docs/performance.md

Passes everything on, and puts each table between the two comments that carry its name; a table without such a
place is an error, lest it be lost. Of two tables of one name, the later one stays.
"""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def main(arguments: list[str]) -> int:
    """Read stdin to its end, then write the page; 1 when it has no place for a table, or a figure is wrong."""
    page = Path(arguments[0])
    text = page.read_text(encoding="utf-8")
    problems: list[str] = []
    for line in sys.stdin:
        print(line, end="", flush=True)
        if not line.startswith('{"benchmark"') or not (told := json.loads(line)).get("rows"):
            continue
        name = told["benchmark"]
        place = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
        if told.get("wrong"):
            problems.append(f"{name}: {told['wrong']} figures are wrong, so its table stays as it was")
            continue
        if not place.search(text):
            problems.append(f"{page} has no place for the table {name!r}")
        written = "\n".join(table(told))
        text = place.sub(rf"\1{written}\n\2", text)
    page.write_text(text, encoding="utf-8")
    print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
    return int(bool(problems))


def table(told: dict[str, Any]) -> list[str]:
    """One table in Markdown, with what it was measured on below it."""
    rows: list[dict[str, Any]] = told["rows"]
    head = list(rows[0])
    lines = ["", _row(head), _row("---:" if _is_number(rows[0][name]) else "---" for name in head)]
    lines += [_row(_cell(row[name]) for name in head) for row in rows]
    at, _, minute = told["at"].partition("T")
    where = (
        f"{at} {minute[:5]} UTC, {told['cpus']} CPUs ({told['machine']}), {told['memoryMiB']:,} MiB, "
        f"Python {told['python']}; load average when it ended {told['load']}."
    )
    return [*lines, "", where]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
