"""``python -m scripts.sheet_bench``: a long product sheet, read and judged: rows a second, memory.

Rows are generated from a seed that is printed; nothing is sent anywhere.
"""

import resource
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from random import Random

from scripts.operator_cli.sheet import columns, files
from scripts.operator_cli.sheet.products import read

SEED = 20261122
ROWS = 100_000
SKUS = 5
KIB = 1024
CATEGORIES = {"绿茶": "c-tea-green"}
WORDS = "明前龙井碧螺春毛峰白茶普洱岩茶滇红祁门"


def main() -> int:
    """Prints one line per format."""
    print(f"seed {SEED}, {ROWS:,} rows, {SKUS} SKUs a product")
    for suffix in ("csv", "xlsx"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"goods.{suffix}"
            files.write(path, _rows(Random(SEED)))  # noqa: S311 # nosec B311 # to be the same again
            size = path.stat().st_size // KIB
            rows, seconds = _timed(path)
            tracemalloc.start()
            _timed(path)
            held = tracemalloc.get_traced_memory()[1] // KIB
            tracemalloc.stop()
        print(
            f"{suffix}: {size:,} KiB, {rows:,} rows judged in {seconds:.1f} s"
            f" ({rows / seconds:,.0f} rows/s), at most {held:,} KiB held by Python"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KIB
    print(f"peak of the whole process: {peak:,} MiB")
    return 0


def _timed(path: Path) -> tuple[int, float]:
    begin = time.perf_counter()
    rows = sum(one.rows for one in read(path, CATEGORIES) if not one.faults)
    return rows, time.perf_counter() - begin


def _rows(dice: Random) -> Iterator[list[str]]:
    heads = list(columns.HEADINGS)
    yield heads
    for number in range(ROWS):
        product, sku = divmod(number, SKUS)
        cells = {
            "商品编号": f"g{product:05}",
            "SKU编号": f"g{product:05}-{sku + 1}",
            "规格": f"规格={50 * (sku + 1)}克",
            "售价(元)": f"{dice.randint(100, 99_999) / 100:.2f}",
            "初始库存": str(dice.randint(0, 500)),
        }
        if not sku:
            title = "".join(dice.choices(WORDS, k=12))
            cells |= {"商品名称": f"{title}{product}", "分类": "绿茶", "上架": "是"}
        yield [cells.get(head, "") for head in heads]


if __name__ == "__main__":
    sys.exit(main())
