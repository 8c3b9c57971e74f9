"""``python -m scripts.mutation``: mutation score of each group; GROUP=stock,auth picks some.

The score counts every mutant, equivalent ones too; those that survive are listed, and why they
cannot be noticed stands in ``docs/mutation.md``. A group that was run is written to
``scripts/mutation/record.json``, which is committed.
"""

import os
import sys

from scripts.mutation import record
from scripts.mutation.groups import Group, groups
from scripts.mutation.run import covered, mutate, show_survivors


def main() -> int:
    """Prints a line for each group; 0 when each reaches what it must."""
    wanted = [name for name in os.environ.get("GROUP", "").split(",") if name]
    if unknown := set(wanted) - set(groups()):
        sys.stdout.write(f"no such group: {', '.join(unknown)}; known: {', '.join(groups())}\n")
        return 1
    judged = {name: run(groups()[name]) for name in wanted or groups()}
    return 0 if all(judged.values()) else 1


def run(group: Group) -> bool:
    """Judges one group and keeps its score."""
    is_covered = covered(group)
    which = f"{group.sample} mutants drawn by seed {group.seed}" if group.sample else "every mutant"
    sys.stdout.write(f"{group.name}: trying {which} of {len(group.modules)} modules\n")
    sys.stdout.flush()
    score = mutate(group)
    if score is None:
        return False
    record.keep(group.name, score)
    show_survivors(group)
    sys.stdout.write(
        f"{group.name}: {score.killed} killed ({score.slow} by running too long),"
        f" {score.told} (at least {group.least}%)\n"
    )
    return score.percent >= group.least and is_covered


if __name__ == "__main__":
    sys.exit(main())
