"""A shop lost and brought back: backup, second stack, proofs, and buying again.

``python -m scripts.drills.restore`` opens a shop on the local cloud, backs its table up in the
middle of business, destroys the table and types the lines of the runbook's section on restoring.
The restored table is judged by the shop's own audit and, without the shop's code, by the rules of
``tests/proving``.
"""

import base64
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from scripts.demo.journeys.buying import Purchase, buy
from scripts.demo.report import Report, Section
from scripts.demo.site import Site
from scripts.demo.world import World
from scripts.drills import goods
from scripts.drills.cloud import LocalAccount, opened
from scripts.drills.conversation import CommandError, converse
from scripts.drills.flash_buying import open_sale, order_flash
from scripts.drills.stages import Stages
from scripts.local import deploy, slim_layer
from scripts.local.deploy import Place
from scripts.local.profile import PROFILES, ROOT
from tests.proving import books, holdings, raw

PROFILE = PROFILES["restore-drill"]
# MiniStack 1.5.33 makes an imported table anew when a deploy gives its stack tags, so the second
# one has none and is told its address later.
OLD, NEW = Place("yunpu", "yunpu"), Place("yunpu-2", "")
BASKET = {"p0003-1": 2}
FLASH_SKU, FLASH_PRICE_FEN, FLASH_UNITS = "p0010-1", 990, 20
BACKUP_TRIES = 20
SETTLES_WITHIN_SECONDS = 90.0
FOUND_WITHIN_SECONDS = 180.0
Rows = dict[tuple[str, str], Any]


def lines(runbook: str) -> dict[str, str]:
    """The runbook's lines on restoring, by their step."""
    section = runbook.partition("\n## Restoring a shop\n")[2].partition("\n## ")[0]
    found = re.findall(r"^    (scripts/restore (\w+) [^#\n]+)", section, re.MULTILINE)
    return {step: line.strip() for line, step in found}


def fill(line: str, values: Mapping[str, str]) -> str:
    """A line with its capital words filled in.

    Raises:
        KeyError: A word has no value.
    """
    return re.sub(r"\b[A-Z]{3,}\b", lambda found: values[found[0]], line)


def proofs(rows: Rows) -> list[str]:
    """What is wrong with stock, sales, coupons, limits and money, by the rows alone."""
    tables = raw.read(item for item in rows.values())
    return [
        *holdings.stock(tables, {}),
        *holdings.shards(tables),
        *holdings.coupons(tables),
        *holdings.limits(tables),
        *books.unproved(tables),
    ]


def read(dynamodb: Any, table: str) -> Rows:
    """Every row, in the form in which DynamoDB sends it."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    items = (_sent(item) for page in pages for item in page["Items"])
    return {(item["PK"]["S"], item["SK"]["S"]): item for item in items}


def _sent(item: Any) -> Any:
    """Bytes as base64, as on the wire."""
    if isinstance(item, dict):
        return {name: _sent(part) for name, part in item.items()}
    if isinstance(item, list):
        return [_sent(part) for part in item]
    return base64.b64encode(item).decode() if isinstance(item, bytes) else item


@dataclass
class Before:
    """What there was when the backup was made."""

    rows: Rows
    backup: str
    at: datetime


class Drill:
    """One rehearsal, stage by stage."""

    _before: Before
    _world: World
    _orders: dict[str, Purchase]
    _pages: dict[str, bytes]

    def __init__(self, account: LocalAccount, stages: Stages) -> None:
        self._account = account
        self._stages = stages
        self._lines = lines((ROOT / "docs" / "runbook.md").read_text("utf-8"))

    def run(self) -> None:
        """Walks the stages; each needs the one before."""
        walk = self._stages.walk
        walk("1", "An open shop with orders in every state", self._trade)
        walk("2", "A backup in the middle of business, and business after it", self._back_up)
        walk("3", "The table is lost; another is made of the backup", self._restore)
        walk("4", "The second stack around it, paused", self._deploy)
        walk("5", "The proofs, before anything moves", self._prove)
        walk("6", "What the old stream had not told", self._catch_up)
        walk("7", "Open again", self._open)

    def _trade(self, section: Section) -> None:
        build = deploy.start_build(PROFILE)
        try:
            build.finish()
        finally:
            build.stop()
        slim_layer.slim(PROFILE.built)
        self._put(OLD)
        self._world = self._at(OLD)
        world = self._world
        world.staff.import_file(world.goods.file)
        sale = open_sale(world, FLASH_SKU, FLASH_PRICE_FEN, FLASH_UNITS)
        self._orders = {
            "paid": buy(world.signed_in("paid"), BASKET),
            "unpaid": buy(world.signed_in("unpaid"), BASKET),
            "flash paid": order_flash(world, sale, "flash-paid"),
            "flash unpaid": order_flash(world, sale, "flash-unpaid"),
            "untold": buy(world.signed_in("untold"), BASKET),
        }
        for name in ("paid", "flash paid"):
            self._pay(name)
        self._settled(self._account.client("dynamodb"), self._table(OLD))
        section.exactly("what is wrong by the proofs", [], proofs(self._rows(OLD)))
        section.exactly("states", ["TO_SHIP", "TO_PAY", "TO_SHIP", "TO_PAY", "TO_PAY"],
                        [self._status(name) for name in self._orders])  # fmt: skip

    def _back_up(self, section: Section) -> None:
        self._silence_the_stream()
        self._pay("untold")
        self._before = self._backed_up()
        self._pages = {name: self._page(name) for name in self._orders}
        section.note("rows", len(self._before.rows))
        section.exactly("payments that the ledger does not know yet", 1,
                        len(proofs(self._before.rows)))  # fmt: skip
        self._world.pay(
            self._orders["unpaid"].shopper, self._orders["unpaid"].payment, notify=False
        )
        late = buy(self._world.signed_in("late"), BASKET)
        section.note("ordered after the backup", late.order_no)
        self._late = late.order_no

    def _restore(self, section: Section) -> None:
        table = self._table(OLD)
        dynamodb = self._account.client("dynamodb")
        dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName=table)
        lost = self._orders["paid"].shopper.call("GET", "/v1/cart")
        section.exactly("a shopper meets", 503, lost.status)
        self._type("table")
        made = self._rows(NEW)
        section.exactly("rows that are not as in the backup",
                        [], sorted(key for key in {*made, *self._before.rows}
                                   if made.get(key) != self._before.rows.get(key)))  # fmt: skip
        self._type("table")
        section.exactly("restoring again changes nothing", True, self._rows(NEW) == made)

    def _deploy(self, section: Section) -> None:
        self._put(Place(NEW.stack, NEW.api_id, {"Paused": "true"}), before_use="secrets")
        self._world = self._at(NEW)
        section.exactly("the stack's table", f"{NEW.stack}-restored", self._table(NEW))
        for name, purchase in self._orders.items():
            shopper = self._world.signed_in(purchase.shopper.user.partition("-")[2])
            self._orders[name] = Purchase(
                shopper, purchase.order_no, purchase.order, purchase.payment
            )
            section.exactly(f"order page of {name!r}, byte for byte",
                            True, self._page(name) == self._pages[name])  # fmt: skip
        gone = self._orders["paid"].shopper.call("GET", f"/v1/orders/{self._late}")
        section.exactly("an order made after the backup", 404, gone.status)

    def _prove(self, section: Section) -> None:
        self._type("check")
        section.note("scripts/restore check", "settings, stillness, the shop's own stock audit")
        wrong = proofs(self._rows(NEW))
        section.exactly("what is wrong by the proofs, but for the untold payment",
                        [], [one for one in wrong if self._orders["untold"].order_no not in one],
                        )  # fmt: skip

    def _catch_up(self, section: Section) -> None:
        self._type("lost")
        self._world.until("the letters", self._letters, bool, SETTLES_WITHIN_SECONDS)
        section.exactly("letters of orders", sorted(p.order_no for p in self._orders.values()),
                        sorted(self._letters()))  # fmt: skip
        self._world.staff.redrive("restored from a backup")
        section.exactly("letters after the redrive", [], self._letters())
        section.exactly("what is wrong by the proofs", [], proofs(self._rows(NEW)))

    def _open(self, section: Section) -> None:
        address = {"PublicBaseUrl": self._world.site.base_url}
        self._put(Place(NEW.stack, NEW.api_id, {"Paused": "false", **address}))
        found = self._world.until_status(
            self._orders["unpaid"].shopper,
            self._orders["unpaid"].order_no,
            "TO_SHIP",
            FOUND_WITHIN_SECONDS,
        )
        section.exactly("the order paid after the backup, found by the schedule",
                        "TO_SHIP", found["status"])  # fmt: skip
        self._orders["new"] = buy(self._world.signed_in("new"), BASKET)
        self._pay("new")
        section.exactly("a new order, paid", "TO_SHIP", self._status("new"))
        # Its schedule would have done so within five minutes.
        self._account.client("lambda").invoke(FunctionName=self._id(NEW, "SearchIndexFunction"))
        listed = self._world.until("the search index", self._search, bool, FOUND_WITHIN_SECONDS)
        section.at_least("products found by a search", 1, listed)
        self._settled(self._account.client("dynamodb"), self._table(NEW))
        section.exactly("what is wrong by the proofs", [], proofs(self._rows(NEW)))

    def _put(self, place: Place, before_use: str = "") -> None:
        """Deploys a stack; a step of the runbook may come before anybody uses it."""
        account = self._account
        deploy.deploy(PROFILE, account.addresses, account.client, place)
        if before_use:
            self._type(before_use)
        account.finish(place.stack)

    def _at(self, place: Place) -> World:
        run_id = self._world.run_id if place is NEW else f"{int(time.time()):x}"
        site = Site.read(PROFILE.shop_file)
        return World(site, goods.few(PROFILE.folder), self._stages.console, run_id)

    def _type(self, step: str) -> None:
        values = {"NEW": NEW.stack, "OLD": OLD.stack}
        values |= {"BACKUP": self._before.backup}
        values |= {"SINCE": (self._before.at - timedelta(hours=1)).isoformat()}
        line = fill(self._lines[step], values)
        self._stages.say(f"$ {line}")
        log = PROFILE.logs / f"restore-{step}.log"
        converse(line, lambda _question: "", ROOT, self._account.environment, log)

    def _silence_the_stream(self) -> None:
        """The last payment before the backup is not told any more, as in the seconds of a crash."""
        functions = self._account.client("lambda")
        for one in functions.list_event_source_mappings()["EventSourceMappings"]:
            if "dynamodb" in one["EventSourceArn"]:
                functions.update_event_source_mapping(UUID=one["UUID"], Enabled=False)

    def _backed_up(self) -> Before:
        """A backup, and the rows that are in it: none changed while it was made.

        Raises:
            CommandError: The shop was never still for so long.
        """
        dynamodb, table = self._account.client("dynamodb"), self._table(OLD)
        for _ in range(BACKUP_TRIES):
            rows, at = read(dynamodb, table), datetime.now(UTC).replace(microsecond=0)
            made = dynamodb.create_backup(TableName=table, BackupName="drill")
            if read(dynamodb, table) == rows:
                return Before(rows, made["BackupDetails"]["BackupArn"], at)
        raise CommandError("the table never stood still")

    def _settled(self, dynamodb: Any, table: str) -> None:
        self._world.until(
            "the outbox to have told everything",
            lambda: proofs(read(dynamodb, table)),
            lambda wrong: not wrong,
            SETTLES_WITHIN_SECONDS,
        )

    def _pay(self, name: str) -> None:
        order = self._orders[name]
        self._world.pay(order.shopper, order.payment)
        self._world.until_status(order.shopper, order.order_no, "TO_SHIP")

    def _status(self, name: str) -> str:
        order = self._orders[name]
        return str(order.shopper.order(order.order_no)["status"])

    def _page(self, name: str) -> bytes:
        order = self._orders[name]
        return order.shopper.order_as_sent(order.order_no)

    def _rows(self, place: Place) -> Rows:
        return read(self._account.client("dynamodb"), self._table(place))

    def _table(self, place: Place) -> str:
        return self._id(place, "Table")

    def _id(self, place: Place, logical_id: str) -> str:
        told = self._account.client("cloudformation").describe_stack_resource(
            StackName=place.stack, LogicalResourceId=logical_id
        )
        return str(told["StackResourceDetail"]["PhysicalResourceId"])

    def _letters(self) -> list[str]:
        return self._world.staff.letters()

    def _search(self) -> int:
        found = self._world.shopper("reader").call("GET", "/v1/products", query={"q": "白茶"})
        return len(found.json["items"]) if found.ok else 0


def main() -> int:
    """Rehearses, prints every figure and writes them to ``build/restore-drill.json``.

    Returns:
        0 when every figure is right, else 1.
    """
    stages = Stages(Report("two stacks on the local cloud"), Console(width=120))
    with opened(PROFILE) as account:
        Drill(account, stages).run()
    return stages.finish(ROOT / "build" / "restore-drill.json")


if __name__ == "__main__":
    sys.exit(main())
