"""The live lines of a sync: per merchant what it does, per source how far it is."""

from io import StringIO

import pytest
from rich.console import Console

from profitsync.cli.progress import LiveProgress
from profitsync.domain.merchants import User
from profitsync.services.reports import SourceReport, UserReport
from tests.cli.samples import NOW

USER = User("u1", "owner@shop.example", NOW, NOW, secrets={"shopifyAccessToken": "x", "metaAccessToken": "x"})


def shown(progress: LiveProgress, width: int) -> str:
    """The lines as they would stand there now."""
    text = StringIO()
    Console(file=text, width=width, force_terminal=True, color_system=None).print(
        progress._display.get_renderable()
    )
    return text.getvalue()


@pytest.fixture
def progress() -> LiveProgress:
    live = LiveProgress(Console(file=StringIO(), force_terminal=True))
    live.user_started(USER)
    live.user_step(USER, "reading")
    return live


def test_each_configured_source_is_counted_while_it_is_read_and_when_it_ends(progress: LiveProgress) -> None:
    progress.source_records(USER, "shopify", 1234)
    reading = shown(progress, 100)
    progress.source_finished(USER, "shopify", SourceReport("ok", records=1250))
    progress.source_finished(USER, "meta", SourceReport("failed", error="expired"))

    assert "owner@shop.example reading shopify 1,234… meta …" in reading
    assert "shopify 1,250 meta failed" in shown(progress, 100)
    assert "shiprocket" not in reading


def test_a_finished_merchant_says_how_it_ended(progress: LiveProgress) -> None:
    progress.user_finished(USER, UserReport("u1", USER.email, "partial"))

    assert "owner@shop.example partial" in shown(progress, 100)


def test_where_it_is_narrow_the_name_gives_way_and_the_numbers_stay(progress: LiveProgress) -> None:
    progress.source_finished(USER, "shopify", SourceReport("ok", records=1250))
    progress.source_finished(USER, "meta", SourceReport("ok", records=84))

    (line,) = shown(progress, 50).splitlines()
    assert "shopify 1,250 meta 84" in line
    assert "owner@shop.example" not in line
