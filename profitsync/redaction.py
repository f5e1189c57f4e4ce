"""Keeping credentials out of every text we write: those we know, and whatever looks like one."""

import re

REDACTED = "[redacted]"

_hidden: frozenset[str] = frozenset()  # replaced, never changed: other threads may be reading it
_SHORTEST_HIDDEN = 6  # masking shorter texts would make lines unreadable

_SECRETS = (
    re.compile(r"\bshp[a-z]{2}_\w+"),  # Shopify tokens and client secrets
    re.compile(r"\bEAA\w{16,}"),  # Meta access tokens
    re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]+)*"),  # JSON web tokens: Shiprocket
    re.compile(r"\bpfs_[0-9a-f]{12}_[\w-]+"),  # keys of our own server
    re.compile(r"\bgAAAA[\w-]{16,}=*"),  # our own ciphertext
)
_NAMES = r"(?:token|client_?secret|app_?secret|secret_?key|api_?key|appsecret_proof|password)"
_LABELLED = (
    re.compile(r"(?i)((?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic)\s+)?)[^\s\"',}]+"),
    re.compile(r"(?i)(\bbearer\s+)[^\s\"',}]+"),
    re.compile(r"(?i)(x-shopify-access-token[\"']?\s*[:=]\s*[\"']?)[^\s\"',}]+"),
    re.compile(rf"(?i)({_NAMES}=[\"']?)[^\s\"'&,}}]+"),  # a query, a shell, a keyword argument
    re.compile(rf"(?i)({_NAMES}[\"']\s*:\s*[\"'])[^\"']+"),  # JSON, or the repr of a dict
)
_URL_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/]+@")


def hide(*secrets: str) -> None:
    """Mask these very texts from now on, whatever they look like."""
    global _hidden
    _hidden |= {secret for secret in secrets if len(secret) >= _SHORTEST_HIDDEN}


def redact(text: str) -> str:
    """`text` with everything that is, or looks like, a credential masked."""
    for secret in _hidden:
        text = text.replace(secret, REDACTED)
    for pattern in _SECRETS:
        text = pattern.sub(REDACTED, text)
    for pattern in _LABELLED:
        text = pattern.sub(rf"\1{REDACTED}", text)
    return _URL_PASSWORD.sub(rf"\1{REDACTED}@", text)


def forget_hidden() -> None:
    """Mask by looks alone again."""
    global _hidden
    _hidden = frozenset()
