"""The staff at work: ``shopctl`` as a person would type it, with its answers read as JSON."""

import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.demo.site import Site
from scripts.demo.stock import Stock

SHOPCTL = Path(__file__).parents[1] / "shopctl"
TIMEOUT_SECONDS = 180


class StaffError(Exception):
    """``shopctl`` failed; the text is what it printed."""


class Staff:
    """Runs ``shopctl`` against one shop."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def import_file(self, file: Path) -> dict[str, Any]:
        """Imports a catalogue file; returns what was created, changed and left alone."""
        return dict(self._run("import", str(file)))

    def stock_of(self, sku_ids: Iterable[str]) -> dict[str, Stock]:
        """The stock of some SKUs."""
        return {sku_id: self._stock(sku_id) for sku_id in sku_ids}

    def ship(self, order_no: str, company: str, tracking_no: str, *lines: str) -> None:
        """Reports a parcel, with everything the order still owes unless lines are told (`1x2`)."""
        told = [word for line in lines for word in ("--line", line)]
        self._run("ship", order_no, "--company", company, "--tracking-no", tracking_no, *told)

    def work(self) -> list[str]:
        """The numbers of orders that are to be shipped."""
        return [one["order_no"] for one in self._run("work", "list")["items"]]

    def refunds(self) -> list[dict[str, Any]]:
        """The refunds that wait for a person."""
        return list(self._run("refund", "list")["items"])

    def approve_refund(self, refund_no: str, reason: str) -> dict[str, Any]:
        """Lets a refund's money go back."""
        return dict(self._run("refund", "approve", refund_no, "--reason", reason))

    def create_flash_sale(
        self, title: str, sku_id: str, price_fen: int, units: int, *, starts_at: int, ends_at: int
    ) -> str:
        """Sets up a flash sale; returns its id. Times in UTC seconds."""
        made = self._run(
            "flash", "create",
            "--title", title,
            "--sku", sku_id,
            "--price-fen", str(price_fen),
            "--units", str(units),
            "--per-customer", "1",
            "--starts-at", _rfc3339(starts_at),
            "--ends-at", _rfc3339(ends_at),
        )  # fmt: skip
        return str(made["id"])

    def flash_units_left(self, sale_id: str) -> int:
        """Units of a sale that nobody has taken."""
        return int(self._run("flash", "show", sale_id)["available"])

    def order(self, order_no: str) -> dict[str, Any]:
        """An order as the staff sees it."""
        return dict(self._run("order", "show", order_no))

    def letters(self) -> list[str]:
        """Numbers of the orders whose followers wait to be done again."""
        return [str(one["order_no"]) for one in self._run("outbox", "list")["items"]]

    def redrive(self, reason: str) -> None:
        """Does all letters again."""
        self._run("outbox", "redrive", "--reason", reason)

    def _stock(self, sku_id: str) -> Stock:
        shown = self._run("stock", "show", sku_id)
        return Stock(shown["available"], shown["taken"], shown["in_total"])

    def _run(self, *arguments: str) -> Any:
        command = [
            sys.executable,
            str(SHOPCTL),
            "--shop",
            str(self._site.file),
            "--json",
            *arguments,
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
        if done.returncode:
            typed = " ".join(["shopctl", *arguments])
            raise StaffError(f"{typed} ended with {done.returncode}: {done.stderr or done.stdout}")
        return json.loads(done.stdout)


def _rfc3339(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
