"""Keeping credentials out of every text we write: those we know, and whatever looks like one."""

import re
import threading

REDACTED = "[redacted]"

_SHORTEST_HIDDEN = 6  # masking shorter texts would make lines unreadable
# By their first characters: a line is looked through once, however many merchants' secrets there are.
_hidden: dict[str, tuple[str, ...]] = {}
_hiding = threading.Lock()

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
    with _hiding:
        for secret in secrets:
            begin = secret[:_SHORTEST_HIDDEN]
            known = _hidden.get(begin, ())
            if len(secret) >= _SHORTEST_HIDDEN and secret not in known:
                _hidden[begin] = tuple(sorted((*known, secret), key=len, reverse=True))


def redact(text: str) -> str:
    """`text` with everything that is, or looks like, a credential masked."""
    text = _without_hidden(text)
    for pattern in _SECRETS:
        text = pattern.sub(REDACTED, text)
    for pattern in _LABELLED:
        text = pattern.sub(rf"\1{REDACTED}", text)
    return _URL_PASSWORD.sub(rf"\1{REDACTED}@", text)


def forget_hidden() -> None:
    """Mask by looks alone again."""
    with _hiding:
        _hidden.clear()


def _without_hidden(text: str) -> str:
    """With overlapping secrets masked together, so that no end of one stays behind."""
    hidden, parts = _hidden, []
    shown = 0  # up to where the text has been dealt with
    for place in range(len(text) - _SHORTEST_HIDDEN + 1 if hidden else 0):
        begin = text[place : place + _SHORTEST_HIDDEN]
        if begin not in hidden:
            continue
        found = next((secret for secret in hidden[begin] if text.startswith(secret, place)), "")
        if found:
            if place >= shown:
                parts += [text[shown:place], REDACTED]
            shown = max(shown, place + len(found))
    return "".join(parts) + text[shown:]
