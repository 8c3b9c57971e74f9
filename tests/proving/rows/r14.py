"""R14: the tests catch seeded bugs, and unit tests notice nearly every change in what decides.

At full size every seeded bug is hunted, and every group of modules that has changed since its last
full run is mutated anew; the same modules would give the same mutants. A quick run hunts a few bugs
that the seed draws, and looks at what the last full run of each group recorded: it may not have
fallen below what the group had reached; modules that changed since are named and fail nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from scripts.mutation import record
from scripts.mutation.groups import Group, groups
from scripts.mutation.record import Score
from scripts.mutation.run import mutate
from tests.proving.hunt import caught
from tests.proving.mutants import SeededBug
from tests.proving.scorecard import PROOFS, Result
from tests.proving.seeded_bugs import BUGS

promise, target = PROOFS["R14"]

LEAST_BUGS = 60
QUICK_BUGS = 3


def run(seed: int, quick: bool) -> Result:
    """Hunts bugs, and judges scores."""
    bugs = _drawn(seed) if quick else BUGS
    missed = [bug.name for bug in bugs if not caught(bug)]
    lines = [f"not caught: {name}" for name in missed]
    if len(BUGS) < LEAST_BUGS:
        lines.append(f"only {len(BUGS)} seeded bugs")
    scores = record.read() if quick else _mutated(lines)
    lines += judged(groups().values(), scores, quick=quick)
    stale = [one for group in groups().values() for one in _stale(group, scores)]
    parts = [
        f"{len(bugs) - len(missed)} of {len(bugs)} seeded bugs caught",
        *(f"{name} {score.told}" for name, score in scores.items()),
    ]
    if quick:
        parts[0] += f", {len(BUGS)} known"
    if stale:
        parts.append(f"{len(stale)} modules changed since: {', '.join(stale[:5])}")
    counts = {"seeded bugs": len(BUGS), "hunted": len(bugs), "groups": len(groups())}
    return Result("; ".join(parts), not lines, counts, lines)


def _drawn(seed: int) -> Sequence[SeededBug]:
    """Bugs that are caught within seconds, since their rows play only the cases they name."""
    return Random(seed).sample([bug for bug in BUGS if bug.cases], QUICK_BUGS)


def _mutated(lines: list[str]) -> dict[str, Score]:
    """Every group's score; that of a group which has changed is replaced in the record."""
    scores = record.read()
    for name, group in groups().items():
        if name in scores and not scores[name].stale(group):
            continue
        scores.pop(name, None)
        score = mutate(group)
        if score is None:
            lines.append(f"{name}: mutmut broke; see build/mutate/{name}.log")
            continue
        record.keep(name, score)
        scores[name] = score
    return scores


def judged(wanted: Iterable[Group], scores: Mapping[str, Score], *, quick: bool) -> list[str]:
    """Groups that do not reach what they must, or have reached before, or were never run."""
    lines = []
    for group in wanted:
        score = scores.get(group.name)
        if score is None:
            lines.append(f"{group.name}: never run")
        elif score.percent < (least := group.reached if quick else group.least):
            lines.append(f"{group.name}: {score.percent:.1f}%, not {least}%")
    return lines


def _stale(group: Group, scores: Mapping[str, Score]) -> list[str]:
    score = scores.get(group.name)
    return score.stale(group) if score else []
