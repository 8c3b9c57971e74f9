"""The staff routes: every request signed, every write keyed."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from scripts.operator_cli.errors import RefusedError
from scripts.operator_cli.line import Line, Reply
from scripts.operator_cli.session import Session

KEY_BYTES = 18


def new_key() -> str:
    """An ``Idempotency-Key`` that nobody used before."""
    return secrets.token_urlsafe(KEY_BYTES)


@dataclass(frozen=True)
class StaffApi:
    """A client of ``/v1/admin``; safe to share between threads."""

    line: Line
    session: Session

    def read(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """GET.

        Raises:
            RefusedError, UnreachableError, NotSignedInError: See there.
        """
        return self._send("GET", path, params=params).body

    def items(self, path: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page; raises as ``read`` does."""
        page = self.read(path, params)
        yield from page["items"]
        while page.get("next_cursor"):
            page = self.read(path, {**params, "cursor": str(page["next_cursor"])})
            yield from page["items"]

    def write(self, method: str, path: str, body: Mapping[str, Any], key: str) -> Reply:
        """A write that takes effect once per key, however often it is sent.

        Raises:
            RefusedError, UnreachableError, NotSignedInError: See there.
        """
        return self._send(method, path, body=body, key=key)

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str = "",
    ) -> Reply:
        keyed = {"Idempotency-Key": key} if key else {}
        token = self.session.token()
        try:
            return self.line.send(
                method, path, headers=_signed(token) | keyed, params=params, body=body
            )
        except RefusedError as refused:
            if refused.status != HTTPStatus.UNAUTHORIZED:
                raise
        token = self.session.token(refused=token)
        return self.line.send(
            method, path, headers=_signed(token) | keyed, params=params, body=body
        )


def _signed(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
