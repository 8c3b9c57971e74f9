"""Somebody who sends requests to a furnished shop."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.proving.bench_rows.deeds import Stage
from tests.proving.shop import Answer, Buyer
from tests.proving.template import folder_of

Visit = Callable[["Guest"], object]


class Guest:
    """Sends requests, each write under a key of its own."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.shop = stage, stage.shop
        self._keys = 0

    def asks(
        self,
        route: str,
        body: Any = None,
        *,
        of: Buyer | None = None,
        query: Mapping[str, str] | None = None,
        key: str = "",
        **path: str,
    ) -> Answer:
        """A shopper's request, by default the one who holds something of everything."""
        self._keys += 1
        headers = {} if route.startswith("GET") else {"idempotency-key": key or f"v-{self._keys}"}
        return self.shop.call(
            folder_of(route), route, of or self.stage.wang, path=path, query=query, body=body,
            headers=headers,
        )  # fmt: skip

    def works(
        self, route: str, body: Any = None, *, query: Mapping[str, str] | None = None, **path: str
    ) -> Answer:
        """A request of the owner's."""
        owner = Buyer("owner", "", self.stage.owner())
        return self.asks(route, body, of=owner, query=query, **path)

    def pages(self, send: Callable[..., Answer], route: str, **query: str) -> None:
        """A list in pages of one, up to three of them."""
        cursor: dict[str, str] = {}
        for _ in range(3):
            answer = send(route, query={"limit": "1", **query, **cursor})
            following = answer.body.get("next_cursor")
            if not following:
                return
            cursor = {"cursor": following}
