"""Meta's error bodies: the codes the sandbox answers with, their texts and HTTP statuses."""

import secrets
from typing import Any

from profitsync.sandbox.http import Answer, json_answer

STATUS_OF_CODE = {200: 403, 10: 403, 341: 403, 1: 500}  # every other code comes with HTTP 400
CODE_OF_STATUS = {401: 190, 403: 200, 404: 2500, 429: 4}  # what a bare HTTP status carries in its body
TRANSIENT = frozenset({1, 2, 4, 17, 341, 613, 2601})
MESSAGES = {
    1: "Please reduce the amount of data you're asking for, then retry your request",
    2: "An unexpected error has occurred. Please retry your request later.",
    4: "(#4) Application request limit reached",
    10: "(#10) Application does not have permission for this action",
    17: "(#17) User request limit reached",
    190: "Error validating access token: Session has expired.",
    200: "(#200) Ad account owner has NOT grant ads_management or ads_read permission",
    2500: "Unknown path components",
    2635: "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version.",
    3018: "(#3018) The start date of the time range cannot be beyond 37 months from the current date",
    80000: "(#80000) There have been too many calls from this ad-account. Wait a bit and try again.",
}


class GraphError(Exception):
    """A refusal with one of Meta's codes."""

    def __init__(self, code: int, subcode: int | None = None, message: str | None = None) -> None:
        super().__init__(message or MESSAGES.get(code, f"(#{code}) Error"))
        self.code = code
        self.subcode = subcode

    def answer(self, status: int | None = None) -> Answer:
        """The documented error body."""
        error: dict[str, Any] = {
            "message": str(self), "type": "OAuthException", "code": self.code,
            "is_transient": self.code in TRANSIENT,
            "fbtrace_id": f"A{secrets.token_hex(5)}",
        }  # fmt: skip
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        return json_answer({"error": error}, status or STATUS_OF_CODE.get(self.code, 400))
