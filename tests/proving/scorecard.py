"""The rows of the reliability and cost scorecards, so that one not yet built is still listed."""

from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Result:
    """What a row of ``make prove`` measured.

    ``measured`` is the figure in one line; ``counts`` are numbers of things tried (schedules,
    crash points), which may grow but not fall; ``details`` has a line for each failure, each
    with what is needed to see it again.
    """

    measured: str
    passed: bool
    counts: dict[str, int] = field(default_factory=dict)
    details: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Rise:
    """How far a count may be above the committed one, as a share of it."""

    share: float

    def allows(self, committed: object, now: object) -> bool:
        """Whether the count has risen no further; it may fall as far as it likes."""
        if not isinstance(committed, int | float) or not isinstance(now, int | float):
            return False
        return now <= committed * (1 + self.share)


@dataclass(frozen=True)
class Measured:
    """What a row of ``make bench`` measured.

    ``costs`` are counts that the committed table must equal, but for those that ``rises`` names,
    which may be lower or a little higher; ``left_out`` lists calls that the figure leaves out,
    with the reason.
    """

    measured: str
    gate_met: bool
    costs: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    rises: dict[str, Rise] = field(default_factory=dict)


class ProofRow(Protocol):
    """A module ``rows/rNN.py``."""

    promise: str
    target: str

    def run(self, seed: int, quick: bool) -> Result: ...


class BenchRow(Protocol):
    """A module ``bench_rows/bNN.py``."""

    name: str
    gate: str
    moonshot: str
    limit: str

    def run(self, seed: int, quick: bool) -> Measured: ...


PROOFS = {
    "R1": ("never oversold, never falsely sold out", "0 and 0 in 1,000,000 contended attempts"),
    "R2": ("no order of events breaks an invariant", "all pairs; 50,000 schedules of 3-5"),
    "R3": ("a crash anywhere heals", "100% of N calls, before and after; 100% of pairs"),
    "R4": ("every provider fault has a decided outcome", "all cells; 0 undocumented 5xx"),
    "R5": ("a repeated request has one effect", "10,000 replays; 64-way duplicates"),
    "R6": ("forged or stale notices change nothing", ">= 200 variants; 10,000 genuine accepted"),
    "R7": ("our ledger equals WeChat's to the fen", "200,000 model steps"),
    "R8": ("the daily bill finds every difference", "100% of 12 kinds; 0 false in 100,000 rows"),
    "R9": ("a coupon is claimed and used once", "256 claims -> 1; 64 checkouts -> 1"),
    "R10": ("nothing stays stuck when schedules fail", "0 past 2 periods; 100,000 drained"),
    "R11": ("malformed input is refused cleanly", "1,000,000 events: 0 5xx, 0 writes on 4xx"),
    "R12": ("nobody reaches another's data", "routes x identities: 100% right"),
    "R13": ("no secret or person in any log", "0 canaries in the whole suite"),
    "R14": (
        "the tests catch seeded bugs",
        ">= 95% money, stock, auth; >= 85% elsewhere; 100% of >= 60 seeded",
    ),
    "R15": ("template and load hold", "0 unexplained findings; sheds at 5x"),
}
"""Row of ``make prove`` to promise and target (reliability scorecard)."""

BENCHES = {
    "1": ("checkout: WCU / RCU / requests / trips", "6 / 0.5 / 2 / 2", "4/0/1/1 (+1)", "4/0/1/1"),
    "2": ("sold-out rejection: WCU, requests", "0, <= 0.5 RCU", "0, <= 0.01", "0, 0"),
    "3": ("coupon claim: WCU / requests; again", "4/1; 1", "2/2 or 1/1; 1", "1/1"),
    "4": ("pay notice: WCU / requests / trips; again", "2/1/1; 1", "1/1/1 (+1)", "1/1/1 (+1); 1"),
    "5": ("catalogue page of 20: RCU, requests", "2.5,1 / 0,0", "0.5,1 / 0,0", "0.5,1 / 0,0"),
    "6": ("hot SKU orders/s, 1 / 8 / 64 shards", ">= 80%", ">= 95%", "1,000 / 7,560 / 40,600"),
    "7": ("writes per sale; oversold; unsold", "<= 1.30; 0; 0", "<= 1.15; 0; 0", "1.00; 0; 0"),
    "8": ("expiry: growth with N; WCU per due order", "0; 7 / 4", "0; 6 / 3", "0; 6 / 3"),
    "9": ("CPU per checkout: ratio, Python calls", "<= 3x, 4,000", "<= 1.5x, 2,500", "0.3x raw"),
    "10": ("cold import: modules, ratio, MiB", "650, 1.4x, 40", "430, 1.05x, 25", "391, 1.03x"),
    "11": ("US$ per 1,000 orders", "<= 0.012", "<= 0.0071", "0.0045"),
    "12": ("store calls to know who asks: customer / staff", "0 / 1", "0 / 1", "0 / 1"),
    "13": (
        "search of 100,000: recall@10; p95; index",
        ">= 0.9; < 20 ms; < 64 MiB",
        ">= 0.97; < 8 ms; < 52 MiB",
        "1; 0.05 ms; 20 MiB",
    ),
}
"""Row of ``make bench`` to name, gate, moonshot and limit (cost scorecard)."""
