"""R15: the template has no unexplained finding, the shop sheds at five times its throttle, and
half an hour of work leaves the process as it was.

The scanners run as in `make check`; a quick run leaves them to that. The throttle is a model of the
API's and the functions' limits with the template's numbers, since nothing here enforces them.
"""

from tests.proving import findings, soak
from tests.proving.cases import overload
from tests.proving.scorecard import PROOFS, Result

promise, target = PROOFS["R15"]

SOAK_SECONDS, QUICK_SOAK_SECONDS = 1_800.0, 6.0


def run(seed: int, quick: bool) -> Result:
    """Scans, overloads, soaks."""
    scanned = None if quick else findings.scan()
    shed = overload.run(seed, overload.QUICK if quick else overload.FULL)
    soaked = soak.run(seed, QUICK_SOAK_SECONDS if quick else SOAK_SECONDS)
    found = "scanners left to make check" if scanned is None else _told(scanned)
    answered = ", ".join(f"{count:,} {name}" for name, count in sorted(shed.answered.items()))
    flat = soaked.judge()
    measured = (
        f"{found}; {len(shed.broken)} broken in {shed.attempts:,} attempts at"
        f" {overload.TIMES}x ({answered}); {len(flat)} not flat in"
        f" {soaked.samples[-1].at / 60:.0f} min: {soaked.requests:,} requests, memory"
        f" {soaked.growth / 2**20:+.1f} MiB, {soaked.samples[-1].descriptors} descriptors,"
        f" {soaked.logged:.0f} bytes of log each"
    )
    wrong = [*(scanned.wrong if scanned else []), *shed.broken, *flat]
    counts = {"attempts": overload.attempts(overload.QUICK if quick else overload.FULL)}
    return Result(measured, not wrong, counts, wrong)


def _told(scanned: findings.Scanned) -> str:
    audit = "" if scanned.audited else " (wheels not audited: the register is not reachable)"
    return (
        f"{len(scanned.wrong)} findings unexplained by {scanned.scanners} scanners,"
        f" {scanned.explained} explained{audit}"
    )
