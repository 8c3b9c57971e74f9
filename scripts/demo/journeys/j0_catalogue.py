"""Before the journeys: the shelves are filled, and filling them again changes nothing."""

from scripts.demo.report import Section
from scripts.demo.world import World

KEY, TITLE = "j0", "0 · Catalogue: imported by shopctl, and imported again"
LEAST = {"products": 200, "skus": 600, "categories": 20}


def run(world: World, section: Section) -> None:
    """Imports the file twice."""
    world.say(KEY, f"shopctl import {world.goods.file.name}")
    first = world.staff.import_file(world.goods.file)
    for kind, least in LEAST.items():
        section.at_least(f"{kind} in the shop", least, sum(first[kind].values()))
    world.say(KEY, "the same file once more")
    again = world.staff.import_file(world.goods.file)
    for kind, counts in again.items():
        changes = counts["created"] + counts["changed"]
        section.exactly(f"{kind} changed by the second import", 0, changes)
