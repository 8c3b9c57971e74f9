"""A proof row that fails."""

from tests.proving.scorecard import Result

promise = "nothing"
target = "0"


def run(seed: int, quick: bool) -> Result:
    return Result("1 violation", False, {}, ["it broke"])
