"""The session token of a Shiprocket API user: ten days long, kept between runs, never asked for in vain.

Shiprocket locks an API user after too many failed logins, and its answer to a throttled login reads like
the one to a wrong password. Hence: at most one login per run, and none is repeated after a 4xx.
"""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
from requests import Response

from profitsync.sources.errors import BadResponseError, CredentialsError, SourceError, ThrottledError
from profitsync.sources.http import HttpClient
from profitsync.sources.protocol import TokenCache
from profitsync.sources.shiprocket.wire import whole

LIFE = timedelta(hours=240)  # as documented; used when the token itself does not tell
RENEW_BEFORE = timedelta(minutes=10)
_COOL_DOWN = 3600.0  # seconds a throttled login is left alone: longer than any pause within a run


class _Login(msgspec.Struct):
    token: str | None = None
    status: int | str | None = None
    status_code: int | str | None = None


class _Claims(msgspec.Struct):
    exp: int | float | None = None


class Session:
    """Hands out the token. Every method raises `CredentialsError` when the login is or was refused."""

    def __init__(
        self,
        http: HttpClient,
        *,
        url: str,
        email: str,
        password: str,
        cache: TokenCache,
        clock: Callable[[], datetime],
    ) -> None:
        self._http = http
        self._url = f"{url}/auth/login"
        self._credentials = {"email": email, "password": password}
        self._cache = cache
        self._clock = clock
        self._current: tuple[str, datetime] | None = None
        self._tried = False
        self._failure: SourceError | None = None

    def token(self) -> str:
        """The token in use, else the one kept from an earlier run, else that of a login."""
        if self._failure is not None:
            raise self._failure
        if self._current is None:
            self._current = self._cache.load()
        if self._current is None or self._current[1] - self._clock() < RENEW_BEFORE:
            self._current = self._login()
        return self._current[0]

    def renew(self) -> None:
        """Log in because a data call answered 401. Raises when this run has logged in already."""
        self._current = self._login()

    def _login(self) -> tuple[str, datetime]:
        if self._tried:
            raise self._failed(CredentialsError(f"{self._http.name}: a token just received was refused"))
        self._tried = True
        try:
            token = self._http.send("POST", self._url, self._token_in, json=self._credentials)
        except SourceError as error:
            raise self._failed(error) from None
        granted = token, expiry(token, self._clock())
        self._cache.save(*granted)
        return granted

    def _failed(self, error: SourceError) -> SourceError:
        """Remember why there is no token, so that later calls of this run do not try again."""
        self._failure = error
        return error

    def _token_in(self, response: Response) -> str:
        self._refuse(response.status_code)
        self._http.check_status(response)
        answer = self._http.decode(response, _Login)
        if not answer.token:
            self._refuse(whole(answer.status_code) or whole(answer.status) or 0)
            raise BadResponseError(f"{self._http.name}: the login answer holds no token")
        return answer.token

    def _refuse(self, status: int) -> None:
        if status == 429:
            raise ThrottledError(f"{self._http.name}: too many logins (HTTP 429)", _COOL_DOWN)
        if 400 <= status < 500:
            raise CredentialsError(
                f"{self._http.name}: the login was refused (HTTP {status}): wrong e-mail or password, "
                "or too many logins; not tried again in this run"
            )


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
