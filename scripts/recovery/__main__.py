"""``scripts/restore table|secrets|check|lost``: the steps of a restore (docs/runbook.md).

Account, region and endpoint come from the environment, as for any AWS tool.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from scripts.recovery import check, lost, secrets, table


def main(argv: Sequence[str] | None = None) -> int:
    """Does one step; returns the exit code: 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="scripts/restore", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    one = steps.add_parser("table", help="make a table from a backup, adopted by a new stack")
    one.add_argument("--stack", required=True, help="the new stack")
    source = one.add_mutually_exclusive_group(required=True)
    source.add_argument("--backup", default="", help="a backup's ARN")
    source.add_argument("--table", default="", help="a table with point-in-time recovery")
    one.add_argument("--at", type=_moment, help="with --table: the moment, as 2026-11-22T08:00:00Z")
    one.add_argument("--name", default="", help="the new table's name; default: STACK-restored")
    one = steps.add_parser("secrets", help="give the new stack the old one's keys")
    one.add_argument("--old", required=True)
    one.add_argument("--new", required=True)
    one = steps.add_parser("check", help="look over a paused, restored shop")
    one.add_argument("--stack", required=True)
    one = steps.add_parser("lost", help="list what the old stream may not have told")
    one.add_argument("--stack", required=True)
    one.add_argument("--since", type=_moment, required=True)
    options = parser.parse_args(argv)
    try:
        return _STEPS[options.step](options)
    except (BotoCoreError, ClientError, table.RecoveryError) as error:
        print(error, file=sys.stderr)
        return 1


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("a moment needs its time zone, Z for UTC")
    return moment


def _table(options: argparse.Namespace) -> int:
    source = table.Source(options.backup, options.table, options.at)
    name = options.name or f"{options.stack}-restored"
    home = table.Home(options.stack, name)
    table.restore(_client, source, home, _say)
    return 0


def _secrets(options: argparse.Namespace) -> int:
    copied = secrets.copy(_client, options.old, options.new)
    _say(f"copied: {', '.join(copied) or 'nothing, all are the same'}")
    return 0


def _check(options: argparse.Namespace) -> int:
    found = check.wrong(_client, options.stack)
    for line in found:
        print(line, file=sys.stderr)
    if not found:
        _say("Settings on, schedules and stream still, stock audit without a difference.")
    return 1 if found else 0


def _lost(options: argparse.Namespace) -> int:
    lost.tell(_client, options.stack, options.since)
    _say("Told; `shopctl outbox list` shows the letters, `shopctl outbox redrive` does them.")
    return 0


def _client(service: str, **more: Any) -> Any:
    return boto3.client(service, **more)  # type: ignore[call-overload]


def _say(text: str) -> None:
    print(text, flush=True)


_STEPS = {"table": _table, "secrets": _secrets, "check": _check, "lost": _lost}

if __name__ == "__main__":
    sys.exit(main())
