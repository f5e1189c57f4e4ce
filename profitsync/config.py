"""The installation's configuration: environment variables, then `.env`, then defaults.

Every violation is reported at once, one line each, naming the variable; a secret is never shown.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from dotenv import dotenv_values

from profitsync.errors import ConfigurationError

PREFIX = "PROFITSYNC_"
LOG_LEVELS = ("debug", "info", "success", "warn", "error")
_SCHEME = r"[a-zA-Z][a-zA-Z0-9+.-]*://"
DEFAULTS = {
    "DATABASE_URL": "sqlite:///profitsync.db",
    "SECRET_KEY": "",
    "LOG_DIR": "logs",
    "LOG_LEVEL": "info",
    "LOG_KEEP_DAYS": "90",
    "SHOPIFY_URL": "https://{store}",
    "SHOPIFY_API_VERSION": "2026-10",
    "META_URL": "https://graph.facebook.com",
    "META_API_VERSION": "v26.0",
    "SHIPROCKET_URL": "https://apiv2.shiprocket.in",
    "API_KEY": "",
    "PING_URL": "",
    "NOTIFY_URLS": "",
    "CORS_ORIGINS": "",
    "TRUSTED_PROXIES": "127.0.0.1",
}

_ORIGIN = re.compile(r"\*|https?://[A-Za-z0-9.:\[\]-]+")


@dataclass(frozen=True, slots=True)
class Settings:
    """A valid configuration. Secrets are left out of its repr."""

    database_url: str = field(repr=False)
    log_dir: Path
    log_level: str
    log_keep_days: int  # 0: for ever
    shopify_url: str
    shopify_api_version: str
    meta_url: str
    meta_api_version: str
    shiprocket_url: str
    secret_keys: tuple[str, ...] = field(default=(), repr=False)
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    ping_url: str | None = field(default=None, repr=False)  # whoever knows it can report in our name
    notify_urls: tuple[str, ...] = field(default=(), repr=False)  # they hold tokens and passwords
    cors_origins: tuple[str, ...] = ()  # of web pages that may ask the server from a browser
    trusted_proxies: tuple[str, ...] = ()  # whose X-Forwarded-For the server believes


def load_settings(
    environ: Mapping[str, str] | None = None, directory: Path | None = None, **overrides: str
) -> Settings:
    """Read and check the configuration.

    `overrides` are command-line flags by variable name without prefix, e.g. `LOG_LEVEL="debug"`.
    Raises `ConfigurationError` with one line per violation.
    """
    environ = os.environ if environ is None else environ
    dotenv = _dotenv((directory or Path.cwd()) / ".env")
    values = dict(DEFAULTS)
    for name in DEFAULTS:
        for source in (dotenv, environ):
            if given := source.get(PREFIX + name):
                values[name] = given.strip()
    values.update(overrides)
    if problems := [f"{PREFIX}{name}: {reason}" for name, reason in _violations(values)]:
        raise ConfigurationError("\n".join(problems))
    return Settings(
        database_url=values["DATABASE_URL"],
        log_dir=Path(values["LOG_DIR"]),
        log_level=values["LOG_LEVEL"].lower(),
        log_keep_days=int(values["LOG_KEEP_DAYS"]),
        shopify_url=values["SHOPIFY_URL"].rstrip("/"),
        shopify_api_version=values["SHOPIFY_API_VERSION"],
        meta_url=values["META_URL"].rstrip("/"),
        meta_api_version=values["META_API_VERSION"],
        shiprocket_url=values["SHIPROCKET_URL"].rstrip("/"),
        secret_keys=split_list(values["SECRET_KEY"]),
        api_keys=split_list(values["API_KEY"]),
        ping_url=values["PING_URL"].rstrip("/") or None,
        notify_urls=split_addresses(values["NOTIFY_URLS"]),
        cors_origins=split_list(values["CORS_ORIGINS"]),
        trusted_proxies=split_list(values["TRUSTED_PROXIES"]),
    )


def _dotenv(path: Path) -> dict[str, str | None]:
    try:
        return dotenv_values(path)
    except OSError as error:
        raise ConfigurationError(
            f"{path}: cannot be read ({error.strerror}); make it readable for this user"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: is not UTF-8 text; save it as such") from None


def split_list(text: str) -> tuple[str, ...]:
    """A comma-separated setting as its non-empty parts."""
    return tuple(part for part in (raw.strip() for raw in text.split(",")) if part)


def split_addresses(text: str) -> tuple[str, ...]:
    """Addresses apart, by blanks or by commas; a comma inside of one (`?to=a,b`) is part of it."""
    return tuple(part for part in re.split(rf"\s+|,\s*(?={_SCHEME})", text) if part)


def _violations(values: Mapping[str, str]) -> list[tuple[str, str]]:
    found = [("SECRET_KEY", problem) for problem in _key_problems(values["SECRET_KEY"])]
    if not re.match(r"(sqlite:///.+|mongodb(\+srv)?://.+)", values["DATABASE_URL"]):
        found.append(("DATABASE_URL", "must be sqlite:///FILE, mongodb://… or mongodb+srv://…"))
    if values["LOG_LEVEL"].lower() not in LOG_LEVELS:
        found.append(("LOG_LEVEL", f"must be one of {', '.join(LOG_LEVELS)}"))
    for name in ("SHOPIFY_URL", "META_URL", "SHIPROCKET_URL"):
        parts = urlsplit(values[name].replace("{store}", "store"))
        if parts.scheme not in ("http", "https") or not parts.netloc:
            found.append((name, "must be an http:// or https:// address"))
    if not re.fullmatch(r"\d{4}-(01|04|07|10)|unstable", values["SHOPIFY_API_VERSION"]):
        found.append(("SHOPIFY_API_VERSION", "must look like 2026-10"))
    if not re.fullmatch(r"v\d+\.\d+", values["META_API_VERSION"]):
        found.append(("META_API_VERSION", "must look like v26.0"))
    if not re.fullmatch(r"\d{1,5}", values["LOG_KEEP_DAYS"]):
        found.append(("LOG_KEEP_DAYS", "must be a number of days, such as 90; 0 keeps every log file"))
    found += [("CORS_ORIGINS", f"{one!r} is not an origin such as https://app.example.com")
              for one in split_list(values["CORS_ORIGINS"]) if not _ORIGIN.fullmatch(one)]  # fmt: skip
    found += [("TRUSTED_PROXIES", f"{one!r} is not an IP address or network")
              for one in split_list(values["TRUSTED_PROXIES"]) if not _is_network(one)]  # fmt: skip
    return found + _address_problems(values)


def _address_problems(values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Addresses that are secrets: none of them is quoted."""
    found = []
    ping = urlsplit(values["PING_URL"])
    if values["PING_URL"] and (ping.scheme not in ("http", "https") or not ping.netloc or ping.query):
        found.append(("PING_URL", "must be an http:// or https:// address without a query"))
    for number, address in enumerate(split_addresses(values["NOTIFY_URLS"]), start=1):
        if not re.match(_SCHEME, address):
            found.append(("NOTIFY_URLS", f"address {number} must look like mailto://… or slack://… (see Apprise)"))
    return found


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _key_problems(text: str) -> list[str]:
    problems = []
    for number, key in enumerate(split_list(text), start=1):
        try:
            Fernet(key)
        except ValueError:
            problems.append(
                f"key {number} is not a Fernet key (44 characters of URL-safe base64); "
                "take it out, then `profitsync init` makes a new one"
            )
    return problems
