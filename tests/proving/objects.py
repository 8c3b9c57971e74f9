"""Object storage in memory: versions of objects, as S3 keeps and answers them."""

from urllib.parse import parse_qs, urlsplit

from tests.proving.seam import Call, Reply

Versions = dict[str, dict[str, bytes]]
_MISSING = b"<Error><Code>NoSuchVersion</Code><Message>no such version</Message></Error>"


class Objects:
    """Answers the calls of kind ``object``: put, get and head, by version."""

    def __init__(self) -> None:
        self.versions: Versions = {}

    def __call__(self, call: Call) -> Reply:
        """Answers one call."""
        place = urlsplit(call.url)
        kept = self.versions.setdefault(place.path, {})
        if call.name == "PutObject":
            version = str(len(kept) + 1)
            kept[version] = call.body
            return Reply(200, b"", {"x-amz-version-id": version, "ETag": f'"{version}"'})
        wanted = parse_qs(place.query).get("versionId", [max(kept, key=int, default="")])[0]
        if wanted not in kept:
            return Reply(404, b"" if call.name == "HeadObject" else _MISSING)
        headers = {"x-amz-version-id": wanted, "content-length": str(len(kept[wanted]))}
        return Reply(200, b"" if call.name == "HeadObject" else kept[wanted], headers)

    def moment(self) -> Versions:
        """All versions at this moment."""
        return {place: dict(kept) for place, kept in self.versions.items()}

    def lose(self) -> None:
        """Everything stored is gone."""
        for kept in self.versions.values():
            kept.clear()
