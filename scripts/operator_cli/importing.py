"""Sends a judged catalogue. Every row is atomic at the shop, so an import cut off is run again."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.operator_cli.catalogue_file.catalogue import Catalogue
from scripts.operator_cli.errors import ShopctlError
from scripts.operator_cli.staff_api import StaffApi, new_key

AT_ONCE = 4
OUTCOMES = ("created", "changed", "unchanged")
KINDS = ("categories", "freight", "products", "skus", "coupons", "flash_sales")
Advance = Callable[[str], None]


class ImportCutOffError(ShopctlError):
    """One row did not get through; what went before it stays, whole."""

    def __init__(self, row: str, cause: ShopctlError, counts: dict[str, dict[str, int]]) -> None:
        self.cause = cause
        self.counts = counts
        self.exit_code = cause.exit_code
        super().__init__(
            f"{row}: {cause}\nThe import stopped there. Rows sent before are whole; "
            "importing the file again goes on where this stopped."
        )

    def document(self) -> dict[str, Any]:
        """The cause, and what was done before."""
        return super().document() | {"cause": self.cause.document(), "done": self.counts}


@dataclass
class Import:
    """One import into one shop.

    Attributes:
        pending: A file that exists from the first row sent until the lists are published, so that
            an import that was cut off publishes when it is run again, though no row changes then.
        advance: Called with the kind after every request.
    """

    api: StaffApi
    pending: Path
    advance: Advance
    counts: dict[str, Counter[str]] = field(
        default_factory=lambda: {kind: Counter() for kind in KINDS}
    )
    _unsure: bool = False

    def run(self, catalogue: Catalogue) -> dict[str, dict[str, int]]:
        """Sends every row; rebuilds the shop's lists if any row changed.

        Returns:
            Rows created, changed and unchanged, by kind.

        Raises:
            ImportCutOffError: A row was refused or the shop cannot be reached.
        """
        self._unsure = self.pending.exists()
        self.pending.touch()
        if catalogue.categories:
            self._document("categories", {"items": catalogue.categories}, len(catalogue.categories))
        if catalogue.freight:
            self._document("freight", {"templates": catalogue.freight}, len(catalogue.freight))
        self._products(catalogue.products)
        for body in catalogue.coupons:
            self._row("coupons", "/v1/admin/coupons", body)
        for body in catalogue.flash_sales:
            self._row("flash_sales", "/v1/admin/flash-sales", body)
        if self._unsure or self._changed():
            self._send("publish", "POST", "/v1/admin/catalogue/publish", {})
        self.pending.unlink(missing_ok=True)
        return self.figures()

    def figures(self) -> dict[str, dict[str, int]]:
        """The counts so far."""
        return {
            kind: {outcome: counts[outcome] for outcome in OUTCOMES}
            for kind, counts in self.counts.items()
        }

    def _changed(self) -> bool:
        kinds = ("categories", "products")
        return any(self.counts[kind][outcome] for kind in kinds for outcome in OUTCOMES[:2])

    def _document(self, kind: str, body: dict[str, Any], rows: int) -> None:
        outcome = self._send(kind, "PUT", f"/v1/admin/catalogue/{kind}", body)
        self.counts[kind][outcome] += rows
        self.advance(kind)

    def _row(self, kind: str, path: str, body: dict[str, Any]) -> None:
        self.counts[kind][self._send(f"{kind} {body['id']}", "POST", path, body)] += 1
        self.advance(kind)

    def _products(self, bodies: Sequence[dict[str, Any]]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            sent = {pool.submit(self._product, body): body for body in bodies}
            try:
                for done in as_completed(sent):
                    outcome = done.result()
                    self.counts["products"][outcome] += 1
                    self.counts["skus"][outcome] += len(sent[done]["skus"])
                    self.advance("products")
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _product(self, body: dict[str, Any]) -> str:
        path = "/v1/admin/catalogue/products"
        return self._send(f"products {body['id']}", "POST", path, body)

    def _send(self, row: str, method: str, path: str, body: dict[str, Any]) -> str:
        try:
            reply = self.api.write(method, path, body, new_key())
        except ShopctlError as cause:
            raise ImportCutOffError(row, cause, self.figures()) from cause
        if reply.tries > 1:
            # The answer that was lost may have been the one that said "changed".
            self._unsure = True
        return str(reply.body.get("outcome", ""))
