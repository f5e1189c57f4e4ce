"""Credentials at rest: Fernet tokens under one or more keys (the first encrypts, all decrypt)."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from profitsync.errors import ConfigurationError


class Vault:
    """Encrypts and decrypts credentials. Its repr shows no key."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raise `ConfigurationError` when there is no key."""
        if not keys:
            raise ConfigurationError(
                "PROFITSYNC_SECRET_KEY: missing; `profitsync init` makes one and writes it to .env"
            )
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def encrypt(self, text: str) -> str:
        """The Fernet token of `text`, under the first key."""
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """The plain text. Raises `ConfigurationError` when no configured key fits."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken:
            raise ConfigurationError(
                "PROFITSYNC_SECRET_KEY: does not decrypt the stored credentials; "
                "put the key they were stored with back (several keys may stand in it, comma separated)"
            ) from None

    def rotate(self, token: str) -> str:
        """The same secret under the first key, whichever key it was stored with."""
        return self.encrypt(self.decrypt(token))


def new_key() -> str:
    """A fresh Fernet key."""
    return Fernet.generate_key().decode()
