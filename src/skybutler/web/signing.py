"""URLs that let anyone read one file for some time.  Knows no repository."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from skybutler.errors import DeniedError

if TYPE_CHECKING:
    from .settings import ServerSettings

__all__ = ["Signer"]


class Signer:
    """Signs what a link leads to, and checks it.

    Parameters
    ----------
    settings : `ServerSettings`
        With the secret, and how long links are good.
    purpose : `str`
        What the links are for: those of one purpose are not good for another.
    """

    def __init__(self, settings: ServerSettings, purpose: str) -> None:
        self._serializer = URLSafeTimedSerializer(settings.secret, salt=f"skybutler.{purpose}")
        self._seconds = settings.link_seconds

    def sign(self, label: str, dataset: uuid.UUID) -> str:
        """A word for a URL."""
        signed: str = self._serializer.dumps([label, dataset.hex])
        return signed

    def read(self, word: str) -> tuple[str, uuid.UUID]:
        """Repository and dataset of a word.

        Raises
        ------
        DeniedError
            It was not signed by us, or too long ago.
        """
        try:
            label, dataset = self._serializer.loads(word, max_age=self._seconds)
            return str(label), uuid.UUID(str(dataset))
        except SignatureExpired as error:
            hint = "Ask for the links of the dataset again."
            raise DeniedError(f"This link was good for {self._seconds} s, which are over.", hint=hint) from error
        except (BadData, ValueError, TypeError) as error:
            raise DeniedError("This link was not made by this server.") from error
