"""Runs all journeys against a shop that is up: ``python -m scripts.demo --shop ... --out ...``."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.traceback import Traceback

from scripts.demo.goods import Goods
from scripts.demo.journeys import (
    j0_catalogue,
    j1_purchase,
    j2_unpaid,
    j3_flash_sale,
    j4_notices,
    j5_lost_notice,
    j6_refund,
    j7_two_parcels,
    j8_mini_program,
)
from scripts.demo.report import Report, Section
from scripts.demo.site import Site
from scripts.demo.world import World

SHOP_VARIABLE = "YUNPU_SHOP"
LOG_WIDTH = 120
PROMISED_SECONDS = 300

Run = Callable[[World, Section], None]


def main(argv: list[str] | None = None) -> int:
    """Walks the journeys, prints and writes every figure.

    Returns:
        0 when every figure is right, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m scripts.demo", description=__doc__)
    shop = Path(os.environ.get(SHOP_VARIABLE, "build/demo/shop.json"))
    parser.add_argument("--shop", type=Path, default=shop, help=f"default: {SHOP_VARIABLE}")
    parser.add_argument("--out", type=Path, default=Path("build/demo.json"))
    options = parser.parse_args(argv)
    console = Console()
    if not console.is_terminal:
        console = Console(width=LOG_WIDTH)
    try:
        site = Site.read(options.shop)
    except OSError as error:
        parser.error(f"no shop is open: {error}; `make demo` opens one and walks the journeys")
    world = World(site, Goods.read(), console)
    report = Report(site.base_url)
    console.print(f"[bold]The shop at {site.base_url}[/bold], run {world.run_id}")
    started = time.monotonic()
    imported = walk(world, report, j0_catalogue.KEY, j0_catalogue.TITLE, j0_catalogue.run)
    if not imported.error:
        _walk_all(world, report)
    report.seconds = time.monotonic() - started
    _line(world, report)
    report.write(options.out)
    report.show(console)
    console.print(f"every figure: {options.out}")
    return 1 if report.wrong else 0


def _walk_all(world: World, report: Report) -> None:
    """What waits for the schedule does so in the background while the others are walked."""
    with ThreadPoolExecutor(2) as background:
        waiting = [
            background.submit(walk, world, report, journey.KEY, journey.TITLE, journey.run)
            for journey in (j2_unpaid, j7_two_parcels)
        ]
        for journey in (
            j1_purchase, j4_notices, j5_lost_notice, j6_refund, j3_flash_sale, j8_mini_program,
        ):  # fmt: skip
            walk(world, report, journey.KEY, journey.TITLE, journey.run)
        for one in waiting:
            one.result()


def walk(world: World, report: Report, key: str, title: str, run: Run) -> Section:
    """Walks one journey; whatever breaks it off is told in its section."""
    section = report.section(key, title)
    world.say(key, f"[bold]{title}[/bold]")
    started = time.monotonic()
    try:
        run(world, section)
    except Exception as error:  # noqa: BLE001 - one broken journey must not hide the others
        section.error = f"{type(error).__name__}: {error}"
        world.console.print(Traceback.from_exception(type(error), error, error.__traceback__))
    section.seconds = time.monotonic() - started
    right = sum(figure.right for figure in section.figures)
    mark = "[red]✗[/red]" if section.wrong else "[green]✓[/green]"
    text = f"{mark} {right} of {len(section.figures)} figures right in {section.seconds:.1f} s"
    if section.skipped:
        text = f"[yellow]skipped: {section.skipped}[/yellow]"
    world.say(key, text + (f", broke off: {section.error[:200]}" if section.error else ""))
    return section


def _line(world: World, report: Report) -> None:
    section = report.section("j9", "The line: every answer the shop gave")
    section.exactly("server errors (5xx)", [], world.traffic.server_errors)
    section.note(f"seconds for all journeys, promised {PROMISED_SECONDS}", round(report.seconds, 1))
    section.note("requests answered", world.traffic.requests)
    section.note("statuses", [f"{s}: {n}" for s, n in sorted(world.traffic.statuses.items())])
    section.note("requests repeated", [f"{n} x {r}" for r, n in world.traffic.repeats.items()])


if __name__ == "__main__":
    sys.exit(main())
