"""One object in S3-compatible storage, in versions."""

from functools import cache
from pathlib import Path
from typing import Any

from shop import aws
from shop.errors import UnavailableError

_NOT_FOUND = 404


@cache
def _client() -> Any:
    from botocore.config import Config
    from botocore.session import get_session

    return aws.prepare(get_session()).create_client(
        "s3",
        config=Config(
            connect_timeout=1,
            read_timeout=5,
            retries={"total_max_attempts": 3},
            # Whoever reads checks the digest that the pointer names, so stores without S3's newer
            # checksums do too.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


class VersionedObject:
    """The versions of one key of a bucket.

    A version is named by the store; "" stands for the present one where the store keeps no
    versions.
    """

    def __init__(self, bucket: str, key: str) -> None:
        self._place = {"Bucket": bucket, "Key": key}

    def put(self, path: Path) -> str:
        """Store a file as a new version and name it. Sent twice, it is two versions.

        Raises:
            UnavailableError: It may have been stored.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            with path.open("rb") as body:
                answer = _client().put_object(**self._place, Body=body)
        except (BotoCoreError, ClientError) as failure:
            raise UnavailableError from failure
        return str(answer.get("VersionId") or "")

    def fetch(self, version: str, path: Path) -> None:
        """Write a version to a file.

        Raises:
            UnavailableError: No answer, or there is no such version.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = _client().get_object(**self._place, **_named(version))
            with path.open("wb") as file:
                for chunk in answer["Body"].iter_chunks(1 << 20):
                    file.write(chunk)
        except (BotoCoreError, ClientError) as failure:
            raise UnavailableError from failure

    def has(self, version: str) -> bool:
        """Whether a version is there.

        Raises:
            UnavailableError: No answer.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            _client().head_object(**self._place, **_named(version))
        except ClientError as failure:
            if failure.response["ResponseMetadata"]["HTTPStatusCode"] == _NOT_FOUND:
                return False
            raise UnavailableError from failure
        except BotoCoreError as failure:
            raise UnavailableError from failure
        return True


def _named(version: str) -> dict[str, str]:
    return {"VersionId": version} if version else {}
