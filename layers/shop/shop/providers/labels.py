"""Labels in object storage: sealed before they leave, gone after the bucket's 30 days."""

from pathlib import Path
from tempfile import TemporaryDirectory

from shop.providers.objects import VersionedObject

_PREFIX = "labels/"


class Labels:
    """The labels of one bucket, by name."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def keep(self, name: str, sealed: bytes) -> None:
        """Store a label in the place of one of the same name.

        Raises:
            UnavailableError: It may have been stored.
        """
        with TemporaryDirectory() as folder:
            path = Path(folder) / "label"
            path.write_bytes(sealed)
            VersionedObject(self._bucket, _PREFIX + name).put(path)

    def fetch(self, name: str) -> bytes:
        """A label as it was stored.

        Raises:
            UnavailableError: No answer, or there is none.
        """
        with TemporaryDirectory() as folder:
            path = Path(folder) / "label"
            VersionedObject(self._bucket, _PREFIX + name).fetch("", path)
            return path.read_bytes()
