"""The store's contract is kept by both stores that proofs and tests stand on."""

from collections.abc import Iterator

import pytest

from tests.integration.conftest import SECRETS, empty_shop
from tests.proving.shop import TABLE, forget_process
from tests.proving.template import load_template
from tests.proving.world import World

SEED = 20261122


@pytest.fixture(params=["moto", "engine"])
def table(request: pytest.FixtureRequest) -> Iterator[None]:
    """An empty table, in moto and in the proving ground's engine with the template's own keys."""
    if request.param == "moto":
        with empty_shop():
            yield
        return
    with World(seed=SEED, tables=load_template().tables(TABLE), secrets=SECRETS):
        forget_process()
        yield
