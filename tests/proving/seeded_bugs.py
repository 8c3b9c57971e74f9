"""The bugs that ``make prove QUICK=1`` must catch, each a promise of this shop taken away."""

from tests.proving.mutants import SeededBug

BUGS: tuple[SeededBug, ...] = ()
