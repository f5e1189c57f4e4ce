"""Findings as lines: a word as mark, so that they read without colour, then topic and text."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from profitsync.cli.session import Session
from profitsync.cli.tables import printable

if TYPE_CHECKING:
    from profitsync.services.checks import Checkup, MerchantCheck

_MARKS = {"ok": ("ok", "green"), "warning": ("WARNING", "yellow"), "problem": ("PROBLEM", "bold red")}
_MARK_WIDTH = 7
Line = tuple[str, str, str]  # level, topic, text


def print_checkup(session: Session, checkup: "Checkup") -> None:
    """Sections of aligned lines on stdout, and how it came out as a message."""
    sections: list[tuple[str, list[Line]]] = []
    if checkup.installation:
        found = checkup.installation
        sections.append(("Installation", [(str(one.level), one.topic, one.text) for one in found]))
    sections += [(one.user.email, _lines(one)) for one in checkup.merchants]
    width = max((len(topic) for _, lines in sections for _, topic, _ in lines), default=0)
    for number, (title, lines) in enumerate(sections):
        if number:
            session.lines("")
        _print_section(session.out, title, lines, width)
    session.note(_outcome(checkup))


def _lines(merchant: "MerchantCheck") -> list[Line]:
    return [
        (str(line.finding.level), f"{line.source or ''} {line.finding.topic}".strip(), line.finding.text)
        for line in merchant.lines
    ]


def _print_section(console: Console, title: str, lines: Sequence[Line], width: int) -> None:
    console.print(Text(printable(title), style="bold"), soft_wrap=True)
    indent = 2 + _MARK_WIDTH + 2 + width + 2
    room = max(20, console.width - indent) if console.is_terminal else 10_000
    for level, topic, text in lines:
        mark, style = _MARKS[level]
        first, *rest = textwrap.wrap(printable(text), room) or [""]
        line = Text.assemble("  ", (f"{mark:<{_MARK_WIDTH}}", style), "  ", f"{topic:<{width}}", "  ", first)
        console.print(line, soft_wrap=True)
        for more in rest:
            console.print(Text(" " * indent + more), soft_wrap=True)


def _outcome(checkup: "Checkup") -> str:
    from profitsync.services.checks import Level

    problems, warnings = checkup.count(Level.PROBLEM), checkup.count(Level.WARNING)
    if not problems and not warnings:
        return "All is well."
    return f"{problems} problem{'' if problems == 1 else 's'}, {warnings} warning{'' if warnings == 1 else 's'}."
