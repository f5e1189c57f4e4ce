"""What goes out: the envelope of every answer, and what each failure becomes."""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from profitsync.errors import LockedError, NotFoundError, ProfitsyncError, UsageError
from profitsync.logs import redact
from profitsync.services.lease import StoppedError
from profitsync.services.shapes import job_shape
from profitsync.services.webhooks import ForgedError
from profitsync.services.workers import RunningError
from profitsync.stores.protocol import DuplicateUserError

log = logging.getLogger(__name__)
# Money goes out digit for digit, as the store holds it.
_ENCODER = msgspec.json.Encoder(decimal_format="number")
# The services speak the language of the command line.
_NAMES = {"--since": "startDate", "--until": "endDate", "--days": "days"}


class BodyError(ProfitsyncError):
    """The body cannot be read as what it should be."""


class BodyTooLargeError(ProfitsyncError):
    """The body is longer than any that makes sense."""


class UnauthorizedError(ProfitsyncError):
    """There is no key, or it is none of ours."""


class TooManyRefusalsError(ProfitsyncError):
    """This client has sent too many wrong keys. `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many wrong keys from this address; wait before trying again")
        self.retry_after = retry_after


_STATUSES: Mapping[type[ProfitsyncError], int] = {  # the first that fits
    BodyError: 400, UnauthorizedError: 401, ForgedError: 401, NotFoundError: 404, DuplicateUserError: 409,
    LockedError: 409, BodyTooLargeError: 413, UsageError: 422, TooManyRefusalsError: 429, StoppedError: 503,
}  # fmt: skip


def success(data: Any, status: int = 200, **more: Any) -> Response:
    """An answer that says what was asked for."""
    return _json({"success": True, "data": data, **more}, status)


def failure(error: str, status: int, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """An answer that says why not."""
    return _json({"success": False, "error": error, **more}, status, headers)


def _json(value: Any, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(_ENCODER.encode(value), status, headers, media_type="application/json")


def internal_fault(request_id: str) -> Response:
    """Whatever went wrong is in the log, under this id."""
    return failure(f"internal fault; the log tells more under the request id {request_id}", 500)


def of_expected(request: Request, error: Exception) -> Response:
    """An error of the services."""
    status = next((code for kind, code in _STATUSES.items() if isinstance(error, kind)), None)
    if status is None:
        log.error("%s", error)
        return internal_fault(request.scope["state"]["request_id"])
    headers = {}
    if isinstance(error, UnauthorizedError):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyRefusalsError):
        headers["Retry-After"] = str(error.retry_after)
    more = {"data": job_shape(error.job) if error.job else None} if isinstance(error, RunningError) else {}
    return failure(_text(error), status, headers, **more)


def _text(error: Exception) -> str:
    text = "; ".join(redact(str(error)).splitlines())
    for flag, name in _NAMES.items():
        text = text.replace(flag, name)
    return text


def of_invalid(_request: Request, error: Exception) -> Response:
    """Parameters that do not fit: every one with its name."""
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    named = (f"{'.'.join(map(str, one['loc'][1:])) or one['loc'][0]}: {_reason(one)}" for one in problems)
    return failure("; ".join(named), 422)


def _reason(problem: Mapping[str, Any]) -> str:
    return "is missing" if problem["type"] == "missing" else str(problem["msg"]).removeprefix("Value error, ")


def of_http(_request: Request, error: Exception) -> Response:
    """No such route, or not with this method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    texts = {404: "there is no such route", 405: "this route does not take that method"}
    headers = error.headers if isinstance(error, HTTPException) else None
    return failure(texts.get(status, "the request is refused"), status, headers)
