"""The deployed handlers in one warm process for half an hour: does anything grow?

A closed loop of `cases/living.py`. Store and providers are put back after each round while the
process stays as it is, so that memory that grows is the handlers'. Memory, descriptors and log
volume are sampled in real time and judged by a line fitted through what came after the warm-up.
"""

import gc
import io
import logging
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import linear_regression

from tests.proving.cases.living import Round, furnish
from tests.proving.shop import Moment, Shop

WARM_UP = 0.2
"""Share of the time in which caches fill."""
SAMPLES = 100
MOST_KEPT = 20
GROWTH_BYTES = 4 << 20
"""What memory may have grown by at the end, by the fitted line: a pool of the allocator or two."""
LOG_CHANGE = 0.02
"""Share by which the bytes of log for a request may differ between the halves."""
_PROCESS = Path("/proc/self")


@dataclass(frozen=True)
class Sample:
    """The process at one moment.

    Attributes:
        at: Seconds since the beginning.
        memory: Resident bytes.
        descriptors: Open files and sockets.
        requests: Sent so far.
        logged: Bytes of log so far.
    """

    at: float
    memory: int
    descriptors: int
    requests: int
    logged: int


@dataclass
class Soaked:
    """What was seen, and what was not flat."""

    samples: list[Sample] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def steady(self) -> list[Sample]:
        """The samples after the warm-up."""
        end = self.samples[-1].at
        return [one for one in self.samples if one.at >= WARM_UP * end]

    @property
    def growth(self) -> float:
        """Bytes by which memory grew after the warm-up, by the fitted line."""
        steady = self.steady
        line = linear_regression([one.at for one in steady], [one.memory for one in steady])
        return line.slope * (steady[-1].at - steady[0].at)

    @property
    def requests(self) -> int:
        """How many there were."""
        return self.samples[-1].requests

    def judge(self) -> list[str]:
        """What was not flat, each as a sentence."""
        wrong = list(self.wrong)
        steady = self.steady
        if self.growth > GROWTH_BYTES:
            wrong.append(f"memory grew by {self.growth / 2**20:.1f} MiB after the warm-up")
        more = steady[-1].descriptors - steady[0].descriptors
        if more > 0:
            wrong.append(f"{more} more descriptors are open than after the warm-up")
        first, second = (_logged(half) for half in _halves(steady))
        if abs(second - first) > LOG_CHANGE * first:
            wrong.append(f"a request logs {second:.0f} bytes, and logged {first:.0f}")
        return wrong

    @property
    def logged(self) -> float:
        """Bytes of log for a request after the warm-up."""
        return _logged(self.steady)


def run(seed: int, seconds: float) -> Soaked:
    """Soaks for so many seconds of real time; ends by itself with the round that is under way."""
    soaked = Soaked()
    with Shop(seed=seed, lean=True) as shop, _log() as logged:
        furnish(shop)
        shop.pump()
        base = shop.moment()
        began, requests, number = _now(), 0, 0
        while (at := _now() - began) < seconds or len(soaked.samples) < 2:
            if at >= len(soaked.samples) * seconds / SAMPLES:
                soaked.samples.append(_sample(at, requests, logged()))
            number += 1
            living = Round(shop, number)
            living.live()
            requests += living.requests
            soaked.wrong += living.wrong[: MOST_KEPT - len(soaked.wrong)]
            _put_back(shop, base)
        soaked.samples.append(_sample(_now() - began, requests, logged()))
    return soaked


def _put_back(shop: Shop, base: Moment) -> None:
    """Store and providers as at first; time, chance and what the process knows go on."""
    chance = (shop.world.chance(), shop.pay.rng.getstate())
    moment = replace(base, now=shop.world.clock.now, chance=chance)
    shop.back_to(moment, forget=False)


def _sample(at: float, requests: int, logged: int) -> Sample:
    gc.collect()
    pages = int((_PROCESS / "statm").read_text().split()[1])
    descriptors = sum(1 for _ in (_PROCESS / "fd").iterdir())
    return Sample(at, pages * resource.getpagesize(), descriptors, requests, logged)


def _now() -> float:
    """Seconds of real time: the shop's own clock is virtual."""
    return time.clock_gettime(time.CLOCK_MONOTONIC_RAW)


def _halves(samples: Sequence[Sample]) -> tuple[Sequence[Sample], Sequence[Sample]]:
    middle = len(samples) // 2
    return samples[: middle + 1], samples[middle:]


def _logged(samples: Sequence[Sample]) -> float:
    sent = samples[-1].requests - samples[0].requests
    return (samples[-1].logged - samples[0].logged) / max(1, sent)


class _Counted(io.TextIOBase):
    """A stream that keeps nothing but how much was written."""

    def __init__(self) -> None:
        self.bytes = 0

    def write(self, text: str) -> int:
        """Counts the bytes."""
        self.bytes += len(text.encode())
        return len(text)


@contextmanager
def _log() -> Iterator[Callable[[], int]]:
    """The shop's log at its level on AWS, counted."""
    from shop.telemetry import logger

    handler, counted, level = logger.registered_handler, _Counted(), logger.log_level
    assert isinstance(handler, logging.StreamHandler)
    usual = handler.setStream(counted)
    logger.setLevel("INFO")
    try:
        yield lambda: counted.bytes
    finally:
        logger.setLevel(level)
        handler.setStream(usual)
