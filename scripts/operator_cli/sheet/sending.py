"""Sends the products of a sheet: all of a product or nothing of it, a few at a time, resumable.

Each product is one request under a key of the run and the product's content. A run that was cut
off goes on where it stopped, under the same keys, so that nothing takes effect twice.
"""

import hashlib
import json
import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scripts.operator_cli.catalogue_file.faults import Fault
from scripts.operator_cli.errors import RefusedError
from scripts.operator_cli.sheet.products import SheetProduct
from scripts.operator_cli.staff_api import StaffApi

AT_ONCE = 4
WINDOW = 16
PATH = "/v1/admin/catalogue/products"
DIGEST_LENGTH = 40


@dataclass
class Progress:
    """How far a run has come; kept in a file until the run is over.

    Attributes:
        run: Tells this run's keys from those of every other.
        sheet: The digest of the file it reads.
        line: Products that begin before this line are done.
    """

    run: str
    sheet: str
    line: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: Path, file: Path) -> "Progress":
        """The run that was cut off over this very file, or a new one."""
        with file.open("rb") as stream:
            sheet = hashlib.file_digest(stream, "sha256").hexdigest()
        if kept.exists():
            found = cls(**json.loads(kept.read_text("utf-8")))
            if found.sheet == sheet:
                return found
        return cls(secrets.token_hex(8), sheet)

    def keep(self, kept: Path) -> None:
        """Writes it down, whole or not at all."""
        new = kept.with_suffix(".new")
        new.write_text(json.dumps(asdict(self)), "utf-8")
        new.replace(kept)


@dataclass
class Sending:
    """One run of an import.

    Attributes:
        kept: Where its progress is kept.
        advance: Called with the number of rows after every product.
    """

    api: StaffApi
    kept: Path
    advance: Callable[[int], None]
    refused: list[Fault] = field(default_factory=list)

    def run(self, progress: Progress, products: Iterable[SheetProduct]) -> dict[str, int]:
        """Sends every product, and has the shop's lists rebuilt at the end.

        A product that the shop refuses is noted, and the others go on.

        Returns:
            Products created, changed, unchanged and refused; those of a run before included.

        Raises:
            UnreachableError, NotSignedInError: Cut off; the same command goes on from there.
        """
        counts = Counter(progress.counts)
        waiting: deque[tuple[SheetProduct, Future[str]]] = deque()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                for product in products:
                    if product.line < progress.line:
                        self.advance(product.rows)
                        continue
                    waiting.append((product, pool.submit(self._send, progress.run, product)))
                    if len(waiting) >= WINDOW:
                        self._settle(progress, counts, *waiting.popleft())
                while waiting:
                    self._settle(progress, counts, *waiting.popleft())
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        self.api.write("POST", "/v1/admin/catalogue/publish", {}, f"{progress.run}-publish")
        self.kept.unlink(missing_ok=True)
        return dict(counts)

    def _settle(
        self, progress: Progress, counts: Counter[str], product: SheetProduct, sent: Future[str]
    ) -> None:
        """Counts a product in the order of the sheet, so that all before it are done."""
        counts[sent.result()] += 1
        progress.line, progress.counts = product.line + product.rows, dict(counts)
        progress.keep(self.kept)
        self.advance(product.rows)

    def _send(self, run: str, product: SheetProduct) -> str:
        content = json.dumps(product.body, sort_keys=True).encode()
        key = f"{run}-{hashlib.sha256(content).hexdigest()[:DIGEST_LENGTH]}"
        try:
            return str(self.api.write("POST", PATH, product.body, key).body.get("outcome", ""))
        except RefusedError as refused:
            row = f"商品 {product.product_id}"
            self.refused.append(Fault(product.line, row, "", str(refused)))
            return "refused"
