"""A proof row that raises."""

from tests.proving.scorecard import Result

promise = "nothing"
target = "0"


def run(seed: int, quick: bool) -> Result:
    raise RuntimeError("no such luck")
