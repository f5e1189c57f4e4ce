"""What a source can fail with, named by consequence. Callers decide by class, never by message text."""

from profitsync.errors import ProfitsyncError


class SourceError(ProfitsyncError):
    """A source could not deliver. Its stored facts stay as they are."""


class CredentialsError(SourceError):
    """The merchant's credentials or permissions are refused. Never retried."""


class RetriableError(SourceError):
    """A passing fault (connection, time-out, 5xx, HTML instead of JSON). Worth another try.

    `retry_after` is the pause in seconds the server asked for, if it did.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooSlowError(RetriableError):
    """The server did not finish, most likely for want of time. The same may succeed later, less at once sooner."""


class ThrottledError(RetriableError):
    """The server asks us to slow down."""


class BadResponseError(SourceError):
    """The answer is not what the API promises, or our request does not fit it. Retrying cannot help."""
