import pytest

from tests.proving.soak import GROWTH_BYTES, Sample, Soaked

FLAT = 100 << 20


def soaked(*, leak: float = 0.0, opened: int = 0, louder: float = 0.0) -> Soaked:
    """A hundred samples of a process that grows evenly after its warm-up."""
    samples, logged = [], 0.0
    for n in range(101):
        warm = max(0, n - 20) / 80
        samples.append(
            Sample(
                at=float(n),
                # Caches fill at first, which is no leak.
                memory=int(FLAT + min(n, 20) * 2**20 + leak * warm),
                descriptors=6 + int(opened * warm),
                requests=n * 100,
                logged=int(logged),
            )
        )
        logged += 100 * 200 * (1 + louder * warm)
    return Soaked(samples)


def test_what_fills_caches_and_stays_is_flat() -> None:
    assert soaked().judge() == []
    assert soaked(leak=GROWTH_BYTES * 0.9).judge() == []


@pytest.mark.parametrize(
    ("grown", "said"),
    [
        (soaked(leak=GROWTH_BYTES * 1.2), "memory grew by 4.8 MiB"),
        (soaked(opened=1), "1 more descriptors"),
        (soaked(louder=0.1), "a request logs"),
    ],
)
def test_what_grows_is_told(grown: Soaked, said: str) -> None:
    (line,) = grown.judge()
    assert said in line


def test_a_wrong_answer_is_told_too() -> None:
    one = soaked()
    one.wrong.append("GET /v1/me: 500 for 200")
    assert one.judge() == ["GET /v1/me: 500 for 200"]
