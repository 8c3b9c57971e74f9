"""A short walk of the stateful model; `make prove ROWS=R7` walks far."""

from tests.proving.model import explore
from tests.proving.shop import Shop

SEED = 20261124


def test_every_answer_stock_and_fen_is_as_predicted() -> None:
    print(f"seed {SEED}")
    with Shop(seed=SEED) as shop:
        assert explore(shop, seed=SEED, runs=8, steps=20) > 100
