"""The one family of expected errors; each branch is named by its consequence.

An expected error becomes one line on stderr and a documented exit code, never a traceback.
The text of an error never holds a secret: whoever raises it leaves credentials out.
"""


class ProfitsyncError(Exception):
    """An expected failure: shown as one line. `exit_code` is what the command line ends with."""

    exit_code = 1


class UsageError(ProfitsyncError):
    """The caller asked for something that cannot be: a bad date, an unknown REF, a malformed file."""

    exit_code = 2


class NotFoundError(UsageError):
    """What was asked for is not there, or is not the caller's to see."""


class ConfigurationError(ProfitsyncError):
    """The installation itself is wrong: a variable, the secret key, the database."""

    exit_code = 4


class StoreUnavailableError(ConfigurationError):
    """The database cannot be reached, or refuses us."""


class LockedError(ProfitsyncError):
    """Another run holds the lease of this merchant."""

    exit_code = 75


class LeaseLostError(ProfitsyncError):
    """Our own lease ran out (the machine slept?); this run must stop writing."""
