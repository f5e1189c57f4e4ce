"""`metrics chart`: columns in proportion, gaps shown, plain text off a terminal."""

import re
from decimal import Decimal as D

import pytest

from profitsync.cli.chart import Point, dates, draw
from profitsync.domain.metrics import FIELDS
from tests.cli.conftest import Run

DEMO = "demo@sandbox.example"
RANGE = ("--since", "2026-10-28", "--until", "2026-11-05")


def points(*values: str | None) -> list[Point]:
    return [Point(f"p{number}", None if value is None else D(value)) for number, value in enumerate(values)]


def drawn(*values: str | None, width: int | None = None, height: int = 4, blocks: bool = True) -> list[str]:
    rows = draw(
        points(*values), width=width or len(values), height=height, axis=["top", "0", "low"], blocks=blocks
    )
    return [f"{row.axis}|{row.drawn}" for row in rows]


def test_columns_stand_in_proportion() -> None:
    assert drawn("4", "2", "1", "0.5", "0") == ["top|█    ", "   |█    ", "   |██   ", "   |███▄ ", "  0|─────"]


def test_losses_hang_below_the_line() -> None:
    assert drawn("2", "-2", "-1", "1") == ["top|█   ", "   |█  █", "  0|────", "   | ██ ", "low| █  "]


def test_a_small_value_is_seen_and_an_unknown_one_is_a_question_mark() -> None:
    assert drawn("1000", "1", None, "-1", height=2) == ["top|█▁  ", "  0|──?─", "low|   █"]


def test_marks_of_rows_stand_on_the_line() -> None:
    rows = list(draw([Point("a", D(1), "*"), Point("b", D(1), "~")], width=2, height=1, axis=["1", "0", "0"]))

    assert rows[-1].drawn == "*~"


def test_a_terminal_without_blocks_gets_ascii() -> None:
    assert drawn("2", "-2", "1", blocks=False) == ["top|#  ", "   |# #", "  0|---", "   | # ", "low| # "]


def test_wide_columns_have_a_blank_between_them() -> None:
    assert drawn("1", "1", width=8, height=1) == ["top|███ ███ ", "  0|────────"]


def test_nothing_but_zeros_is_a_line() -> None:
    assert drawn("0", "0") == ["top|  ", "  0|──"]


@pytest.mark.parametrize(("count", "width"), [(1, 8), (3, 24), (9, 60), (30, 60), (60, 60)])
def test_dates_stand_under_their_columns_and_fit(count: int, width: int) -> None:
    labelled = [Point(f"2026-11-{number:02}", D(1)) for number in range(count)]

    line = dates(labelled, width)

    step = width // count
    for found in re.finditer(r"2026-11-(\d\d)", line):
        at = found.start()
        assert at == int(found[1]) * step or found[1] == f"{count - 1:02}"
    assert len(line) <= max(width, 10)
    assert line.startswith("2026-11-00")


@pytest.mark.usefixtures("generated")
@pytest.mark.parametrize("width", ["60", "160"])
def test_several_metrics_are_panels_of_their_own(width: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)

    result = run("metrics", "chart", "revenue", "netProfit", "roas", "--user", DEMO, *RANGE)

    assert result.code == 0
    panels = result.out.split("\n\n")[1:]
    assert [panel.split(" (")[1].split(")")[0] for panel in panels] == ["revenue", "netProfit", "roas"]
    assert all(len(line) <= int(width) for panel in panels for line in panel.splitlines())
    assert "\x1b" not in result.out
    places = {panel.splitlines()[-1].index("2026-10-28") for panel in panels}
    assert len(places) == 1, "a day stands at the same place in all panels"
    assert all("2026-11-05" in panel for panel in panels)


@pytest.mark.usefixtures("generated")
def test_a_finer_period_than_fits_gives_way_unless_it_was_asked_for(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "24")

    chosen = run("metrics", "chart", "revenue", "--user", DEMO, *RANGE)
    insisted = run("metrics", "chart", "revenue", "--user", DEMO, *RANGE, "--by", "day")

    assert "by week" in chosen.out
    assert (insisted.code, len(insisted.errors)) == (2, 1)
    assert "use --by week" in insisted.errors[0]


@pytest.mark.usefixtures("generated")
def test_what_was_never_known_is_not_drawn(run: Run) -> None:
    result = run(
        "metrics",
        "chart",
        "reach",
        "--user",
        DEMO,
        "--since",
        "2026-11-04",
        "--until",
        "2026-11-05",
        "--by",
        "week",
    )

    assert "no value is known" in result.out


@pytest.mark.usefixtures("generated")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("netProft", "METRIC: netProft is not a known field; did you mean netProfit?"),
        ("adTimezoneMismatch", "METRIC: adTimezoneMismatch is yes or no; there is nothing to draw"),
        ("revenue --by year", "--by 'year': must be one of day, week, month"),
    ],
)
def test_bad_words_are_one_line(words: str, message: str, run: Run) -> None:
    result = run("metrics", "chart", *words.split(), "--user", DEMO)

    assert (result.code, result.out, result.errors) == (2, "", [message])


@pytest.mark.usefixtures("generated")
def test_the_figures_behind_it_are_those_of_show(run: Run) -> None:
    drawn_from = run("metrics", "chart", "revenue", "--user", DEMO, *RANGE, "--json").json()

    assert drawn_from == run("metrics", "show", "--user", DEMO, *RANGE, "--json").json()
    assert drawn_from["rows"][0].keys() >= FIELDS.keys()
