"""The session token of a Shiprocket API user: ten days long, kept between runs, never asked for in vain.

Shiprocket locks an API user after too many failed logins, and its answer to a throttled login reads like
the one to a wrong password. Hence: at most one login per run, none is repeated after a 4xx, and after one
no run tries again before a cool-down is over.
"""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeGuard

import msgspec
from requests import Response

from profitsync.sources.errors import BadResponseError, CredentialsError, SourceError, ThrottledError
from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import Notebook, TokenCache
from profitsync.sources.shiprocket.cooldown import FIRST, CoolDown
from profitsync.sources.shiprocket.wire import whole

LIFE = timedelta(hours=240)  # as documented; used when the token itself does not tell
RENEW_BEFORE = timedelta(minutes=10)
_WHAT_TO_DO = "check the API user under Settings -> API in Shiprocket, then run `profitsync users update`"
_FIREWALL = (
    "HTTP 403 of the firewall before Shiprocket, which turns this machine's address away without looking at the "
    "password; ask Shiprocket to let it through, then run `profitsync users update` to try at once"
)


class _Login(msgspec.Struct):
    token: str | None = None
    status: int | str | None = None
    status_code: int | str | None = None
    message: str | None = None


class _Claims(msgspec.Struct):
    exp: int | float | None = None


class _RefusedError(Exception):
    """An answer to a login that says no."""

    def __init__(self, why: str, kind: type[SourceError] = CredentialsError, pause: float = 0.0) -> None:
        super().__init__(why)
        self.why, self.kind, self.pause = why, kind, pause


class Session:
    """Hands out the token. Every method raises `CredentialsError` when the login is or was refused."""

    def __init__(
        self,
        http: HttpClient,
        *,
        url: str,
        email: str,
        password: str,
        version: str,
        cache: TokenCache,
        notebook: Notebook,
        clock: Callable[[], datetime],
    ) -> None:
        self._http = http
        self._url = f"{url}/auth/login"
        self._credentials = {"email": email, "password": password}
        self._cache = cache
        self._cool_down = CoolDown(http.name, notebook, version, clock)
        self._clock = clock
        self._current: tuple[str, datetime] | None = None
        self._failure: SourceError | None = None
        self.login_tried = False  # in this run

    @property
    def expires_at(self) -> datetime | None:
        """When the token in use ends; None before there is one."""
        return self._current[1] if self._current else None

    def token(self) -> str:
        """The token in use, else the one kept from an earlier run, else that of a login."""
        if self._failure is not None:
            raise self._failure
        if self._current is None:
            self._current = self._cache.load()
        if not self._good(self._current):
            self._current = self._login()
        return self._current[0]

    def renew(self) -> None:
        """Find another token because a data call answered 401. Raises when this run has logged in already.

        A run beside this one may have left a newer one; else the refused one is marked as over, lest
        every later run tries it, and a login follows.
        """
        refused, kept = self._current, self._cache.load()
        if kept and refused and kept[0] != refused[0] and self._good(kept) and not self.login_tried:
            self._current = kept
            return
        if kept and not self.login_tried:
            self._cache.save(kept[0], self._clock())
        self._current = self._login()

    def _good(self, session: tuple[str, datetime] | None) -> TypeGuard[tuple[str, datetime]]:
        return session is not None and session[1] - self._clock() >= RENEW_BEFORE

    def _login(self) -> tuple[str, datetime]:
        if self.login_tried:
            raise self._failed(CredentialsError(f"{self._http.name}: a token just received was refused"))
        self.login_tried = True
        try:
            self._cool_down.check()
            token = self._http.send("POST", self._url, self._token_in, json=self._credentials)
        except _RefusedError as refusal:
            text = self._cool_down.begin(refusal.why, refusal.pause)
            if refusal.kind is ThrottledError:
                raise self._failed(ThrottledError(text, FIRST.total_seconds())) from None
            raise self._failed(refusal.kind(text)) from None
        except SourceError as error:
            raise self._failed(error) from None
        self._cool_down.end()
        granted = token, expiry(token, self._clock())
        self._cache.save(*granted)
        return granted

    def _failed(self, error: SourceError) -> SourceError:
        """Remember why there is no token, so that later calls of this run do not try again."""
        self._failure = error
        return error

    def _token_in(self, response: Response) -> str:
        if 400 <= response.status_code < 500:
            raise self._refusal(response.status_code, response)
        self._http.check_status(response)
        answer = self._http.decode(response, _Login)
        if answer.token:
            return answer.token
        status = whole(answer.status_code) or whole(answer.status) or 0
        if 400 <= status < 500:
            raise self._refusal(status, response)
        raise _RefusedError(f"the answer holds no token; {_WHAT_TO_DO}", BadResponseError)

    def _refusal(self, status: int, response: Response) -> _RefusedError:
        """Why a login was refused, as far as the answer tells. A throttled one reads like a wrong password."""
        said = _message(response)
        if status == 429:
            pause = self._http.retry_after(response) or 0.0
            return _RefusedError(f"too many logins (HTTP 429); {_WHAT_TO_DO}", ThrottledError, pause)
        if status == 403 and (said is None or "access forbidden" in said):
            return _RefusedError(_FIREWALL)
        locked = said is not None and "blocked" in said
        why = "locked after too many failed logins" if locked else "wrong e-mail or password, or too many logins"
        return _RefusedError(f"{why} (HTTP {status}); {_WHAT_TO_DO}")


def _message(response: Response) -> str | None:
    """The `message` of an error answer in lower case; None when it is a web page or the like."""
    try:
        return (msgspec.json.decode(response.content, type=_Login).message or "").casefold()
    except msgspec.ValidationError:
        return ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def expiry(token: str, now: datetime) -> datetime:
    """When a token ends: the `exp` of its claims, else `now` plus its documented life."""
    return _claimed_expiry(token) or now + LIFE


def _claimed_expiry(token: str) -> datetime | None:
    """`exp` of a JWT, unverified; None when the token has another form, which nobody promised."""
    try:
        payload = token.split(".")[1]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=_Claims)
        return None if claims.exp is None else datetime.fromtimestamp(claims.exp, UTC)
    except (IndexError, ValueError, msgspec.DecodeError, OverflowError, OSError):
        return None
