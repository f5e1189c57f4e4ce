"""docs/terminal.md: written by tools/capture.py, whole, and what the commands show today."""

import shutil
from pathlib import Path

import pytest

from tools.capture import PAGE, captured, main
from tools.scenes import SCENES, Scene
from tools.stage import STORE, opened

TEXT = PAGE.read_text(encoding="utf-8")
CHEAP = next(scene for scene in SCENES if scene.name == "show")


def test_a_capture_made_now_is_the_one_on_the_page(generated_file: Path, tmp_path: Path) -> None:
    shutil.copy(generated_file, tmp_path / STORE)

    made = "\n".join(captured(CHEAP, opened(tmp_path), 80))

    assert f"```text\n{made}\n```" in TEXT, (
        "the output changed: run `python -m tools.capture` and look at what it writes"
    )


def test_what_scrolls_off_and_what_fails_is_captured_too(tmp_path: Path) -> None:
    scene = Scene("bad", "bad", "metrics show --user REF --by year", "", stage="synced")

    lines = captured(scene, opened(tmp_path), 80)

    assert lines == ["error: --by 'year': must be one of day, week, month"]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_every_scene_has_its_section_on_the_page(scene: Scene) -> None:
    start = TEXT.index(f"\n## {scene.title}\n")
    part = TEXT[start : TEXT.find("\n## ", start + 1)]

    assert f"    profitsync {scene.typed}\n" in part
    for columns in scene.widths:
        _, _, shown = part.partition(f"### {scene.title}: {columns} columns\n\n```text\n")
        lines = shown.partition("\n```")[0].splitlines()
        assert lines
        assert max(map(len, lines)) <= columns
        assert "Traceback" not in shown


def test_an_unknown_scene_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shwo"]) == 2
    assert "no such scene: shwo; there are show" in capsys.readouterr().err
