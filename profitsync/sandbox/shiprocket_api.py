"""Shiprocket's external API as the sandbox serves it: login, orders, shipments, failed attempts.

Paths: `/v1/external/auth/login`, `/orders`, `/orders/show/{id}`, `/shipments`, `/ndr/all`. Days are Indian
days. Parameters it does not know are ignored without a word, as the real API does.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from profitsync.sandbox.faults import Fault
from profitsync.sandbox.http import Answer, BodyError, Request, html_answer, json_answer
from profitsync.sandbox.shiprocket_lists import BadQueryError, Company, paged
from profitsync.sandbox.shiprocket_oddities import Oddity
from profitsync.sandbox.world import ShiprocketWorld, World

TOKEN_LIFE = timedelta(hours=240)
MOST_FAILED_LOGINS = 5  # the next one finds the API user blocked
LOCK = timedelta(hours=1)  # how long after the last failure it stays so
WRONG_PASSWORD = "Invalid email and password combination"  # noqa: S105
BLOCKED = "User blocked due to too many failed login attempts."
MESSAGES = {
    400: "Bad request", 401: "Token has expired", 403: "Access forbidden", 404: "404 Not Found",
    429: "Too Many Attempts.", 500: "Server Error",
}  # fmt: skip
_ROOT = "/v1/external"
_ORDER = re.compile(r"/orders/show/(\d+)")


class ShiprocketApi:
    """All companies of the sandbox."""

    name = "shiprocket"

    def __init__(self, worlds: Sequence[World], clock: Callable[[], datetime]) -> None:
        self._worlds = worlds
        self._clock = clock
        self._failed: dict[str, list[datetime]] = {}  # wrong passwords by e-mail

    def operation(self, request: Request) -> str:
        """The path below the API's root."""
        return request.path.removeprefix(_ROOT)

    def merchant(self, request: Request) -> str:
        """The login's e-mail: of the token, or of the login's own body."""
        company = self._owner(request)
        return company.email if company else _credentials(request)[0]

    def error(self, status: int) -> Answer:
        """`{"message", "status_code"}`, the usual error body."""
        return json_answer({"message": MESSAGES.get(status, "Server Error"), "status_code": status}, status)

    def unblock(self, email: str) -> None:
        """Forget the wrong passwords of an API user, as time or the support does."""
        self._failed.pop(email, None)

    def answer(self, request: Request, fault: Fault | None) -> Answer:
        """Login and lists."""
        if not request.headers.get("user-agent", "").strip():
            return html_answer(403, "Forbidden")
        if not request.path.startswith(f"{_ROOT}/"):
            return self.error(404)
        path = self.operation(request)
        kind = fault.kind if fault else None
        if path == "/auth/login" and request.method == "POST":
            return self._login(request, kind)
        company = None if kind == "credentials" else self._owner(request)
        if company is not None and kind == "revoked":
            company.revocations += 1
            company = None
        if company is None:
            return self.error(401)
        if fault and kind == "failure-inside-200":
            told = {"message": "Not Found", "status": int(fault.value or 404)} if fault.value != "empty" else {}
            return json_answer(told)
        if request.method != "GET":
            return self.error(405)
        return self._read(Company(company, self._clock, Oddity.of(fault)), path, request)

    def _read(self, company: Company, path: str, request: Request) -> Answer:
        lists: Mapping[str, Callable[[Mapping[str, str]], Sequence[Callable[[], Any]]]] = {
            "/orders": company.orders, "/shipments": company.shipments, "/ndr/all": company.failed_attempts,
        }  # fmt: skip
        if match := _ORDER.fullmatch(path):
            order = company.order(int(match[1]))
            if order is None:
                return json_answer({"message": "Order ID not found", "status_code": 400}, 400)
            return json_answer({"data": order})
        if path not in lists:
            return self.error(404)
        try:
            url = f"{request.base_url}{request.path}"
            return json_answer(paged(lists[path](request.query), request.query, url, company.oddity))
        except BadQueryError as error:
            body = {"message": "The given data was invalid.", "errors": error.problems, "status_code": 422}
            return json_answer(body, 422)

    def _login(self, request: Request, kind: str | None) -> Answer:
        email, password = _credentials(request)
        missing = [name for name, value in (("email", email), ("password", password)) if not value]
        if missing:
            errors = {name: [f"The {name} field is required."] for name in missing}
            return json_answer(
                {"message": "The given data was invalid.", "errors": errors, "status_code": 422}, 422
            )
        if kind == "locked" or self._failures(email) >= MOST_FAILED_LOGINS:
            return json_answer({"message": BLOCKED, "status_code": 403}, 403)
        company = next((one for one in self._companies() if one.email == email), None)
        if kind == "credentials" or company is None or not _same(company.password, password):
            self._failed.setdefault(email, []).append(self._clock())
            return json_answer({"message": WRONG_PASSWORD, "status_code": 403}, 403)
        if kind == "login-throttled":
            return json_answer({"message": WRONG_PASSWORD, "status_code": 403}, 403)
        self.unblock(email)
        return json_answer({
            "id": company.company_id * 10, "first_name": "API", "last_name": "USER", "email": email,
            "company_id": company.company_id, "created_at": "2026-01-01 10:00:00",
            "token": issue_token(company, self._clock()),
        })  # fmt: skip

    def _failures(self, email: str) -> int:
        """Wrong passwords that still count: time heals them all together."""
        failed = self._failed.get(email, [])
        if failed and self._clock() - failed[-1] >= LOCK:
            self.unblock(email)
            return 0
        return len(failed)

    def _companies(self) -> list[ShiprocketWorld]:
        return [world.shiprocket for world in self._worlds if world.shiprocket is not None]

    def _owner(self, request: Request) -> ShiprocketWorld | None:
        """Whose unexpired token the request carries."""
        token = request.bearer()
        if token is None:
            return None
        return next((one for one in self._companies() if token_holds(token, one, self._clock())), None)


def issue_token(company: ShiprocketWorld, now: datetime) -> str:
    """A JWT for ten days. Its signature depends on the password: a new password ends all tokens."""
    issued = int(now.timestamp())
    claims = {
        "cid": company.company_id, "iat": issued, "nbf": issued,
        "exp": issued + int(TOKEN_LIFE.total_seconds()), "iss": "sandbox", "ses": company.revocations,
    }  # fmt: skip
    text = f"{_encoded({'typ': 'JWT', 'alg': 'HS256'})}.{_encoded(claims)}"
    return f"{text}.{_signature(text, company)}"


def token_holds(token: str, company: ShiprocketWorld, now: datetime) -> bool:
    """Whether a token was issued to this company, and has neither expired nor been revoked."""
    text, _, signature = token.rpartition(".")
    if not _same(signature, _signature(text, company)):
        return False
    try:
        payload = text.partition(".")[2]
        claims = msgspec.json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=dict[str, Any])
    except (Base64Error, msgspec.DecodeError):
        return False
    ours = (company.company_id, company.revocations)
    return bool((claims["cid"], claims["ses"]) == ours and now.timestamp() < claims["exp"])


def _encoded(value: Any) -> str:
    return urlsafe_b64encode(msgspec.json.encode(value)).decode().rstrip("=")


def _signature(text: str, company: ShiprocketWorld) -> str:
    key = hashlib.sha256(f"{company.email}\n{company.password}".encode()).digest()
    return urlsafe_b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode().rstrip("=")


def _credentials(request: Request) -> tuple[str, str]:
    """E-mail and password of a login's body; blank when they are not there."""
    try:
        form = request.form()
    except BodyError:
        return "", ""
    return form.get("email", ""), form.get("password", "")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
