"""The life of a deployment, by the README's own lines: deployed, updated, deleted, cleared away.

``python -m scripts.drills.deployment`` clones what is committed, opens an empty account on the
local cloud and types there what stands in the README's section on deploying.
"""

import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from rich.console import Console

from scripts.demo.journeys.buying import buy
from scripts.demo.report import Report, Section
from scripts.demo.site import Site
from scripts.demo.world import World
from scripts.drills import goods, inventory, removal
from scripts.drills.cloud import LocalAccount, opened
from scripts.drills.conversation import Question, converse
from scripts.drills.stages import Stages
from scripts.local.deploy import machine_parameters
from scripts.local.profile import PROFILES, REGION, ROOT

PROFILE = PROFILES["deploy-drill"]
STACK = "yunpu"
VERSION = "0.1.0+drill"
WINDOW_SECONDS = 600
BASKET = {"p0003-1": 2}
RETAINED = {"table": 1, "bucket": 2}
"""The orders; the search index and the labels, because a bucket that holds something stays."""
SAMS_OWN = {("stack", "aws-sam-cli-managed-default")}
"""The SAM CLI's bucket of artifacts, one for all applications of an account and region."""


class Lines:
    """The README's lines of shell: the first deploys, the second updates, the third deletes."""

    def __init__(self, readme: str) -> None:
        section = readme.partition("\n## Deploy\n")[2].partition("\n## ")[0]
        block = section.partition("```sh\n")[2].partition("```")[0]
        lines = [line.partition("#")[0].strip() for line in block.splitlines()]
        self.deploy, self.update, self.delete = [line for line in lines if line.startswith("sam ")]


def built_here(line: str) -> str:
    """The line with what the README says where Python or processor are not the template's own."""
    machine = " ".join(f"{name}={value}" for name, value in machine_parameters().items())
    return line.replace("sam build", f"sam build --parameter-overrides {machine}")


def answers(given: Mapping[str, str], question: Question) -> str:
    """What a person says: what the shop needs, yes to what is about to happen, else the default."""
    if question.parameter:
        return given.get(question.parameter, "")
    if question.text == "Stack Name":
        return STACK
    if question.text == "AWS Region":
        return REGION
    if question.text.startswith(("Deploy this changeset?", "Are you sure you want to delete")):
        return "y"
    return ""


class Drill:
    """One rehearsal, stage by stage."""

    def __init__(self, account: LocalAccount, stages: Stages) -> None:
        self._account = account
        self._stages = stages
        self._clone = account.profile.folder / "clone"
        self._lines = Lines((ROOT / "README.md").read_text("utf-8"))
        self._before = inventory.read(account.client)

    def run(self) -> None:
        """Walks the stages; each needs the one before."""
        stages = self._stages
        stages.walk("1", "A clean clone, deployed by the README's first line", self._deploy)
        stages.walk("2", "The new shop, over HTTP", self._use)
        stages.walk("3", "An update of code and of a parameter by the second line", self._update)
        stages.walk("4", "The stack, deleted by the third line", self._delete)
        stages.walk("5", "What was kept, removed by an operator", self._clear)

    def _deploy(self, section: Section) -> None:
        _git("clone", "--quiet", str(ROOT), str(self._clone))
        section.note("commit", _git("-C", str(self._clone), "log", "-1", "--format=%h %s"))
        asked = self._type(built_here(self._lines.deploy), "deploy")
        parameters = [one for one in asked if one.parameter]
        section.exactly("questions that have no default", [],
                        [one.text for one in asked if one.default is None])  # fmt: skip
        section.exactly("questions about a route without an authorizer", 0,
                        sum("no authentication" in one.text for one in asked))  # fmt: skip
        section.note("questions asked, of them about parameters", [len(asked), len(parameters)])
        stack, count = self._account.finish(STACK)
        self._table = stack.outputs["TableName"]
        section.exactly("the stack", "CREATE_COMPLETE", self._status())
        section.at_least("routes", 100, count)
        section.note("resources", len(stack.physical_ids))

    def _use(self, section: Section) -> None:
        console = self._stages.console
        self._world = World(Site.read(PROFILE.shop_file), goods.few(PROFILE.folder), console)
        self._health = self._get("/v1/health")
        section.exactly("health", "ok", self._health["status"])
        self._world.staff.import_file(self._world.goods.file)
        self._shopper = self._world.signed_in("early")
        self._products = self._listed()
        section.exactly("products listed", len(self._world.goods.on_sale), len(self._products))
        self._order = buy(self._shopper, BASKET).order_no
        window = PROFILE.pay_window_seconds
        section.exactly("seconds an order waits", window, self._window(self._order))

    def _update(self, section: Section) -> None:
        _replace(self._clone / "layers/shop/shop/__init__.py", self._health["version"], VERSION)
        order = self._shopper.order_as_sent(self._order)
        parameters = self._parameters()
        line = re.sub(r"\w+=\S+", f"PayWindowSeconds={WINDOW_SECONDS}", self._lines.update)
        self._type(built_here(line), "update")
        self._account.finish(STACK)
        section.exactly("the stack", "UPDATE_COMPLETE", self._status())
        section.exactly("version that the code tells", VERSION, self._get("/v1/health")["version"])
        later = buy(self._shopper, BASKET).order_no
        section.exactly("seconds a new order waits", WINDOW_SECONDS, self._window(later))
        changed = {name: value for name, value in self._parameters().items()
                   if value != parameters[name]}  # fmt: skip
        section.exactly("parameters changed",
                        {"PayWindowSeconds": str(WINDOW_SECONDS)}, changed)  # fmt: skip
        section.exactly("the order from before, byte for byte",
                        True, self._shopper.order_as_sent(self._order) == order)  # fmt: skip
        section.exactly("products listed as before", True, self._listed() == self._products)
        section.exactly("signed in as before, without a renewal", 0, self._shopper.refreshed)

    def _delete(self, section: Section) -> None:
        self._type(self._lines.delete, "delete")
        left = self._left()
        kinds = [kind for kind, _ in left]
        section.exactly("left in the account", RETAINED,
                        {kind: kinds.count(kind) for kind in sorted(set(kinds), reverse=True)},
                        )  # fmt: skip
        section.exactly("the table is what is left of the tables",
                        True, ("table", self._table) in left)  # fmt: skip
        section.at_least("rows in it", 1, self._rows())

    def _clear(self, section: Section) -> None:
        section.exactly("deleting the table, as it is",
                        "refused", removal.try_to_delete(self._account.client, self._table),
                        )  # fmt: skip
        for kind, name in sorted(self._left()):
            removal.remove(self._account.client, kind, name)
        section.exactly("left in the account", [], sorted(self._left()))

    def _type(self, line: str, log: str) -> list[Question]:
        self._stages.say(f"$ {line}")
        given = self._account.parameters
        return converse(
            line,
            lambda question: answers(given, question),
            self._clone,
            self._account.environment,
            PROFILE.logs / f"sam-{log}.log",
        )

    def _left(self) -> set[tuple[str, str]]:
        found = inventory.read(self._account.client) - self._before - SAMS_OWN
        return {one for one in found if not one[1].startswith("aws-sam-cli-managed-default-")}

    def _status(self) -> str:
        cloudformation = self._account.client("cloudformation")
        (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        return str(stack["StackStatus"])

    def _parameters(self) -> dict[str, str]:
        cloudformation = self._account.client("cloudformation")
        (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        return {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}

    def _rows(self) -> int:
        told = self._account.client("dynamodb").scan(TableName=self._table, Select="COUNT")
        return int(told["Count"])

    def _get(self, path: str) -> dict[str, str]:
        return dict(self._world.line.send("GET", path).json)

    def _listed(self) -> list[str]:
        return [str(one["id"]) for one in self._shopper.pages("/v1/products")]

    def _window(self, order_no: str) -> int:
        order = self._shopper.order(order_no)
        begins, ends = (datetime.fromisoformat(order[at]) for at in ("created_at", "pay_before"))
        return round((ends - begins).total_seconds())


def main() -> int:
    """Rehearses, prints every figure and writes them to ``build/deploy-drill.json``.

    Returns:
        0 when every figure is right, else 1.
    """
    stages = Stages(Report("a stack on the local cloud"), Console(width=120))
    with opened(PROFILE) as account:
        Drill(account, stages).run()
    return stages.finish(ROOT / "build" / "deploy-drill.json")


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    if text.count(old) != 1:
        raise ValueError(f"{file} does not tell {old} once")
    file.write_text(text.replace(old, new), "utf-8")


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
