"""``python -m scripts.local up|down|status|run -- CMD|clean``: the local shop's switch."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import FrameType

from scripts.local import shop, shop_file
from scripts.local.deploy import DeployError
from scripts.local.ports import NoFreePortError
from scripts.local.profile import PROFILES, Profile
from scripts.local.routes import UnknownRouteError
from scripts.local.service import ServiceError

SHOP_VARIABLE = "YUNPU_SHOP"


def main(argv: Sequence[str] | None = None) -> int:
    """Does one thing with one local shop; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.local", description=__doc__)
    parser.add_argument("--profile", choices=PROFILES, default="local")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("up", help="open the shop and leave it open")
    actions.add_parser("down", help="close it; its state is kept")
    actions.add_parser("status", help="say how to reach it; exit code 1 when it is closed")
    actions.add_parser("clean", help="close it and forget everything")
    run = actions.add_parser("run", help="open a new shop, run a command, close and keep the logs")
    run.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(argv)
    profile = PROFILES[options.profile]
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if options.action == "run":
            return run_in_new_shop(profile, [word for word in options.command if word != "--"])
        return _ACTIONS[options.action](profile)
    except (ServiceError, DeployError, NoFreePortError, UnknownRouteError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def up(profile: Profile) -> int:
    """Opens the shop, or says that it is open."""
    if shop.is_open(profile):
        print("The shop is open already.\n")
    else:
        shop.open_shop(profile, _say)
        print()
    print(shop_file.card(profile))
    return 0


def down(profile: Profile) -> int:
    """Closes the shop and waits until its state is saved."""
    if not shop.any_running(profile):
        print("The shop is closed already.")
        return 0
    if shop.close_shop(profile):
        print(f"Closed; its state is in {profile.state}.")
        return 0
    print("Part of the shop had crashed: the next start goes back to the last clean stop.")
    return 1


def status(profile: Profile) -> int:
    """Says how to reach the shop."""
    if not shop.is_open(profile):
        print("The shop is closed.")
        return 1
    print(shop_file.card(profile))
    return 0


def clean(profile: Profile) -> int:
    """Closes the shop and removes everything it wrote."""
    shop.wipe(profile)
    return 0


def run_in_new_shop(profile: Profile, command: Sequence[str]) -> int:
    """Runs a command while a new, empty shop is open; its file is named in ``YUNPU_SHOP``.

    Returns:
        The command's exit code.
    """
    shop.wipe(profile)
    try:
        shop.open_shop(profile, _say)
        environment = {**os.environ, SHOP_VARIABLE: str(profile.shop_file)}
        return _run(command, environment)
    finally:
        shop.stop_unsaved(profile)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs a command in a session of its own: interrupted, it ends with all it has started."""
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:
        try:
            return process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def _say(text: str) -> None:
    print(text, flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


_ACTIONS = {"up": up, "down": down, "status": status, "clean": clean}

if __name__ == "__main__":
    sys.exit(main())
