"""What can go wrong with each simulated API, by name: the one table that faults are checked against."""

import re
from dataclasses import dataclass

APIS = ("shopify", "meta", "shiprocket")
NO_HINT = "none"  # value of 429: without `Retry-After`

# What may become of a bulk operation: refused; begun, but never complete; complete, but not its file.
BULK_FATES = (
    "invalid", "limit-reached", "in-progress", "endless", "failed", "canceled", "expired", "no-file", "lost-file",
    "missing-rows", "half-file", "html", "left-out",
)  # fmt: skip
# failed, too-large and skipped are ends; a stuck one never moves; an early one says 100 % before it is complete;
# an unseen one is not found at first; a hasty one and one with a summary refuse to be read at first.
REPORT_FATES = ("failed", "too-large", "skipped", "stuck", "early", "unseen", "hasty", "summary")


@dataclass(frozen=True, slots=True)
class Takes:
    """What the value of a fault may be: its shape, and the words that say so."""

    shape: str
    words: str

    def fits(self, value: str) -> bool:
        """Whether the value has the shape."""
        return re.fullmatch(self.shape, value) is not None


TEXT = Takes(r".*", "a text")
SECONDS = Takes(r"\d+(\.\d+)?", "seconds")
NUMBER = Takes(r"\d+", "a whole number")
COUNT = Takes(r"[1-9]\d*", "a number of rows")
RETRY_AFTER = Takes(rf"\d+(\.\d+)?|{NO_HINT}", f"seconds, or `{NO_HINT}`,")


def one_of(*words: str) -> Takes:
    """A value out of a few."""
    return Takes("|".join(map(re.escape, words)), f"one of {', '.join(words)},")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault. `target`: the requests it strikes unless others are named; empty: all."""

    apis: tuple[str, ...]
    text: str
    takes: Takes = TEXT
    needs_value: bool = False
    target: str = ""


_SHOPIFY, _META, _SHIPROCKET = ("shopify",), ("meta",), ("shiprocket",)

KINDS: dict[str, Kind] = {
    "reset": Kind(APIS, "the connection is reset instead of an answer"),
    "hangup": Kind(APIS, "the connection is closed instead of an answer"),
    "cut": Kind(APIS, "the connection is closed in the middle of the body"),
    "truncated": Kind(APIS, "half of the JSON body, sent as if it were whole"),
    "slow": Kind(APIS, "the answer comes VALUE seconds late (default 1)", SECONDS),
    "credentials": Kind(APIS, "the token (for a login: the password) is refused"),
    "empty-page": Kind(APIS, "a list answers without rows and promises a next page"),
    # --- Shopify
    "throttled": Kind(_SHOPIFY, "HTTP 200 with the code THROTTLED"),
    "access-denied": Kind(
        _SHOPIFY, "the field whose dotted path ends in VALUE is null, with ACCESS_DENIED", needs_value=True
    ),
    "internal-error": Kind(_SHOPIFY, "HTTP 200 with the code INTERNAL_SERVER_ERROR and null data"),
    "string-errors": Kind(_SHOPIFY, "HTTP 200 whose `errors` is a plain text"),
    "map-errors": Kind(_SHOPIFY, "HTTP 200 whose `errors` is an object"),
    "partly-null": Kind(_SHOPIFY, "HTTP 200 whose root fields are null, without any error"),
    "not-found": Kind(_SHOPIFY, "HTTP 200 with the code RESOURCE_NOT_FOUND and null data"),
    "max-cost": Kind(
        _SHOPIFY, "a query that asks for more than VALUE points has the code MAX_COST_EXCEEDED", NUMBER, True
    ),
    "time-out": Kind(_SHOPIFY, "a query for more than VALUE rows or ids ends with HTTP 504", NUMBER, True),
    "short-page": Kind(_SHOPIFY, "a list leaves out its last VALUE rows (default 1) without saying so", NUMBER),
    "search-warning": Kind(_SHOPIFY, "the answer warns that a term of its search was ignored"),
    "version": Kind(_SHOPIFY, "the answer's header says that API version VALUE answered", needs_value=True),
    "redirect": Kind(_SHOPIFY, "HTTP 301 to the shop VALUE (default renamed.myshopify.com)"),
    "bulk": Kind(
        _SHOPIFY, "the next bulk operation goes wrong as VALUE says: " + ", ".join(BULK_FATES),
        one_of(*BULK_FATES), True, "bulkOperationRunQuery",
    ),
    # --- Meta
    "code": Kind(("meta", "shopify"), "the error code VALUE", needs_value=True),
    "too-much": Kind(_META, "a query of more than VALUE days is refused as too heavy", NUMBER, True, "/insights"),
    "report": Kind(
        _META, "the asynchronous report that is asked for ends as VALUE: " + ", ".join(REPORT_FATES),
        one_of(*REPORT_FATES), True, "/report",
    ),
    "usage": Kind(_META, "the usage headers say VALUE per cent", SECONDS, True),
    "blocked": Kind(_META, "the account is blocked for VALUE minutes (default 5), anew with each call", SECONDS),
    "version-warning": Kind(_META, "the answer warns that the version of the API ages"),
    # --- Shiprocket
    "failure-inside-200": Kind(
        _SHIPROCKET, 'HTTP 200 with {"status": VALUE (default 404), "message": …}, or {} for `empty`',
        Takes(r"\d+|empty", "a status or `empty`,"),
    ),
    "revoked": Kind(_SHIPROCKET, "every token issued so far is refused from now on"),
    "locked": Kind(_SHIPROCKET, "the login says that the user is blocked"),
    "login-throttled": Kind(_SHIPROCKET, "a login is refused in the words of a wrong password"),
    "clamped": Kind(_SHIPROCKET, "a page holds at most VALUE rows (default 10), whatever was asked", COUNT),
    "null-pages": Kind(_SHIPROCKET, "total_pages is null: only `next` tells whether to go on"),
    "list-links": Kind(_SHIPROCKET, "empty `links` are [] instead of {}"),
    "repeated-page": Kind(_SHIPROCKET, "the last page comes again and again, and promises a next one"),
    "odd-dates": Kind(_SHIPROCKET, "dates in every shape that was ever seen, by the record's id"),
    "odd-status": Kind(
        _SHIPROCKET, "every third record has the status VALUE (a text, or a number without one)", needs_value=True
    ),
    "no-charges": Kind(_SHIPROCKET, "charges are absent or placeholders"),
}  # fmt: skip
HTTP_STATUS = Kind(APIS, "the HTTP status")
TOO_MANY = Kind(APIS, "HTTP 429, asking to wait VALUE seconds (default 1)", RETRY_AFTER)
META_CODE = Kind(_META, "the error code, VALUE being the subcode", Takes(r"-?\d+", "a number as its subcode"))
