"""One piece of work of every function, so that rows 9 to 11 know what each of them costs.

`ALL` lists the deeds; the first of a function is its principal one.
"""

from tests.proving.bench_rows.deeds.deed import Deed, Done, play
from tests.proving.bench_rows.deeds.schedules import SCHEDULES
from tests.proving.bench_rows.deeds.shoppers import SHOPPERS
from tests.proving.bench_rows.deeds.staff import STAFF
from tests.proving.bench_rows.deeds.stage import Stage

__all__ = ["ALL", "PRINCIPAL", "Deed", "Done", "Stage", "play"]

ALL: tuple[Deed, ...] = (*SHOPPERS, *STAFF, *SCHEDULES)
PRINCIPAL: dict[str, Deed] = {one.folder: one for one in reversed(ALL)}
"""By function."""
