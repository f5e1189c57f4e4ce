"""What only a real terminal shows: prompts, hidden secrets, colour, whole numbers at its width."""

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from profitsync.stores.protocol import Store
from tests.cli.samples import EMAIL, META_TOKEN, PASSWORD, SECRETS, TOKEN, a_user, figures

APP_SECRET = "fedcba9876543210fedcba9876543210"
PATIENCE = 30.0  # seconds until a program that says nothing is given up


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, *arguments: str, columns: int = 100) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "profitsync", *arguments],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # getpass asks /dev/tty
            env={**os.environ, "TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(slave)
        self.text = ""
        self._seen = 0

    def wait_for(self, words: str) -> None:
        """Read until the words stand there, after those waited for before."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.text.find(words, self._seen)) < 0:
            assert self._read(deadline), f"{words!r} never came:\n{self.text}"
        self._seen = found + len(words)

    def answer(self, question: str, text: str) -> None:
        """Type a line once the question stands there."""
        self.wait_for(question)
        os.write(self._master, f"{text}\n".encode())

    def end(self) -> int:
        """Read the rest; the exit code."""
        deadline = time.monotonic() + PATIENCE
        while self._read(deadline):
            pass
        return self.process.wait(PATIENCE)

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
        try:
            piece = os.read(self._master, 4096) if ready else b""
        except OSError:  # the other end is closed
            piece = b""
        self.text += piece.decode(errors="replace")
        return bool(piece)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)


@pytest.fixture
def opened() -> Iterator[list[Terminal]]:
    terminals: list[Terminal] = []
    yield terminals
    for terminal in terminals:
        terminal.close()


def test_a_merchant_is_asked_for_and_secrets_are_not_echoed(opened: list[Terminal], store: Store) -> None:
    terminal = Terminal("users", "add")
    opened.append(terminal)

    terminal.answer("E-mail of the merchant", EMAIL)
    terminal.answer("Read Shopify?", "y")
    terminal.answer("Shop (name", "my-shop")
    terminal.answer("access token (shpat_", "y")
    terminal.answer("Access token (not shown): ", TOKEN)
    terminal.answer("Read Meta Ads?", "y")
    terminal.answer("Ad account id", "act_123")
    terminal.answer("Access token (not shown): ", META_TOKEN)
    terminal.answer("proof of its app secret?", "y")
    terminal.answer("App secret (not shown): ", APP_SECRET)
    terminal.answer("Read Shiprocket?", "y")
    terminal.answer("E-mail of the API user", "api@shop.example")
    terminal.answer("Password of the API user (not shown): ", PASSWORD)

    assert terminal.end() == 0
    assert not any(secret in terminal.text for secret in (*SECRETS, APP_SECRET))
    assert "metaAppSecret" in store.users()[0].secrets
    assert all(store.users()[0].configured(source) for source in ("shopify", "meta", "shiprocket"))


def test_sources_may_be_left_out_and_an_interrupt_stores_nothing(opened: list[Terminal], store: Store) -> None:
    terminal = Terminal("users", "add")
    opened.append(terminal)

    terminal.answer("E-mail of the merchant", EMAIL)
    terminal.answer("Read Shopify?", "n")
    terminal.answer("Read Meta Ads?", "\x03")

    assert terminal.end() == 130
    assert "interrupted" in terminal.text
    assert store.users() == []


def test_init_leads_a_newcomer_to_the_line_for_cron(
    opened: list[Terminal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROFITSYNC_SECRET_KEY")
    terminal = Terminal("init")
    opened.append(terminal)

    terminal.wait_for("1. A fresh secret key is in")
    terminal.wait_for("2. The store is ready.")
    terminal.answer("Register the first merchant now?", "y")
    terminal.answer("E-mail of the merchant", "nonsense")
    for source in ("Shopify", "Meta Ads", "Shiprocket"):
        terminal.answer(f"Read {source}?", "n")
    terminal.wait_for("email: ")
    terminal.answer("Try again?", "y")
    terminal.answer("E-mail of the merchant", EMAIL)
    for source in ("Shopify", "Meta Ads", "Shiprocket"):
        terminal.answer(f"Read {source}?", "n")
    terminal.wait_for(f"Added {EMAIL}")
    terminal.wait_for("WARNING")
    terminal.wait_for("4. For cron")
    terminal.wait_for("--quiet sync --all")

    assert terminal.end() == 0
    assert (tmp_path / ".env").exists()


def test_removing_asks_first(opened: list[Terminal], store: Store) -> None:
    a_user(store)
    terminal = Terminal("users", "remove", EMAIL)
    opened.append(terminal)

    terminal.answer(f"Remove {EMAIL}", "n")

    assert terminal.end() == 130
    assert len(store.users()) == 1


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_loss_is_red_and_no_number_is_wrapped(columns: int, opened: list[Terminal], store: Store) -> None:
    figures(store, a_user(store))
    terminal = Terminal(
        "metrics", "show", "--user", EMAIL, "--since", "2026-11-02", "--until", "2026-11-05", columns=columns
    )
    opened.append(terminal)

    assert terminal.end() == 0
    assert re.search(r"\x1b\[31m-1,949", terminal.text)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", terminal.text).splitlines()
    assert max(map(len, plain[1:8])) <= columns
    assert [line.split()[0] for line in plain[2:6]] == [f"2026-11-0{day}" for day in (2, 3, 4, 5)]


def test_no_color_is_honoured(opened: list[Terminal], store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    figures(store, a_user(store))
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal("metrics", "show", "--user", EMAIL, "--since", "2026-11-02", "--until", "2026-11-05")
    opened.append(terminal)

    assert terminal.end() == 0
    assert "-1,949" in terminal.text
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", terminal.text)
