"""The configuration: lists of addresses taken apart, violations named, secrets never told."""

from pathlib import Path

import pytest

from profitsync.config import load_settings, split_addresses
from profitsync.errors import ConfigurationError


def settings(tmp_path: Path, **values: str) -> object:
    return load_settings({f"PROFITSYNC_{name}": value for name, value in values.items()}, tmp_path)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("", ()),
        (
            "mailto://u:p@a.example?to=x@b.example,y@b.example",
            ("mailto://u:p@a.example?to=x@b.example,y@b.example",),
        ),
        ("slack://a/b/c, json://host/x", ("slack://a/b/c", "json://host/x")),
        ("slack://a/b/c json://host/x", ("slack://a/b/c", "json://host/x")),
    ],
    ids=["none", "a comma inside", "by commas", "by blanks"],
)
def test_addresses_are_taken_apart(text: str, addresses: tuple[str, ...]) -> None:
    assert split_addresses(text) == addresses


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_KEEP_DAYS", "topsecret"),
        ("LOG_KEEP_DAYS", "-1"),
        ("PING_URL", "topsecret"),
        ("PING_URL", "https://ping.example/topsecret?x=1"),
        ("NOTIFY_URLS", "slack://a/b/c topsecret"),
    ],
)
def test_a_bad_value_is_named_and_not_told(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"^PROFITSYNC_{name}: ") as refused:
        settings(tmp_path, **{name: value})

    assert "topsecret" not in str(refused.value)


def test_no_secret_is_in_the_repr(tmp_path: Path) -> None:
    made = settings(tmp_path, PING_URL="https://ping.example/topsecret", NOTIFY_URLS="slack://topsecret/b/c")

    assert "topsecret" not in repr(made)
