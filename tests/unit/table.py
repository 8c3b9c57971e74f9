"""The real table on the in-process engine, empty at the beginning of each test."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shop.store.writes import Raw
from tests.proving.engine import Snapshot
from tests.proving.seam import Call, Forward, Reply
from tests.proving.template import load_template
from tests.proving.world import World

TABLE = "yunpu"
SEED = 20_270_301


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    print(f"seed {SEED}")
    tables = load_template().tables(TABLE)
    with World(seed=SEED, tables=tables, environment={"TABLE_NAME": TABLE}) as world:
        yield world


@pytest.fixture(autouse=True)
def table(shared: World) -> "Table":
    shared.engine.restore(Snapshot({TABLE: {}}))
    return Table(shared)


class Table:
    """What is stored, and how it is read."""

    def __init__(self, world: World) -> None:
        self._world = world

    def rows(self) -> list[Raw]:
        """Every stored item."""
        return list(self._world.engine.items(TABLE))

    @contextmanager
    def reads(self) -> Iterator[list[bool]]:
        """Whether each read that is made meanwhile is of what is stored now."""
        seen: list[bool] = []

        def note(call: Call, forward: Forward) -> Reply:
            parts = call.request.get("RequestItems", {"": call.request}).values()
            if call.name in {"GetItem", "Query", "Scan", "BatchGetItem"}:
                seen.extend(bool(part.get("ConsistentRead")) for part in parts)
            return forward(call)

        with self._world.seam.layer(note):
            yield seen
