"""Opens and closes a local shop."""

import json
import shutil
import time
from collections.abc import Callable
from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError

from scripts.emulators.keys import write_if_absent
from scripts.local import (
    aws,
    deploy,
    dropped_settings,
    history,
    processes,
    routes,
    scratch,
    secret_values,
    shop_file,
    slim_layer,
)
from scripts.local.addresses import Addresses
from scripts.local.profile import Profile
from scripts.local.stack import DeployedStack

Say = Callable[[str], None]


def is_open(profile: Profile) -> bool:
    """Whether every process of the shop runs and its file is written."""
    services = processes.all_services(profile)
    return profile.shop_file.exists() and all(each.running() for each in services)


def open_shop(profile: Profile, say: Say) -> None:
    """Builds, starts and deploys; on failure everything it started is stopped.

    Raises:
        ServiceError: A process did not start.
        DeployError: SAM failed.
    """
    # What a crash left running is not saved: all parts must go back to the same moment.
    stop_unsaved(profile)
    say(history.read(profile).told())
    history.began(profile)
    started = time.monotonic()
    build = deploy.start_build(profile)
    try:
        write_if_absent(profile.keys)
        addresses = Addresses.choose(profile)
        say(f"[{_since(started)}] building; starting the local cloud on port {addresses.cloud}")
        processes.start_all(profile, addresses)
        build.finish()
        slim_layer.slim(profile.built)
        say(f"[{_since(started)}] built; deploying template.yaml to the local cloud")
        client = aws.clients(addresses.endpoint)
        deploy.deploy(profile, addresses, client)
        stack = DeployedStack.read(client)
        count = routes.apply(stack, client)
        dropped_settings.apply(stack, client)
        secrets = secret_values.fill(client, profile.keys / "shop-secrets.json")
        shop_file.write(profile, addresses, stack.outputs, secrets)
        say(f"[{_since(started)}] open: {count} routes")
    except BaseException:
        build.stop()
        stop_unsaved(profile)
        raise


def close_shop(profile: Profile) -> bool:
    """Stops every process and waits for it, senders first, so that the state is saved whole.

    Returns:
        Whether the stop was clean. If not, the next start goes back to the last clean stop.
    """
    services = processes.all_services(profile)
    if not all(each.running() for each in services):
        stop_unsaved(profile)
        return False
    items = _count_items(profile)
    endings = [each.stop(processes.STOP_SECONDS) for each in services]
    if all(endings):
        history.ended(profile, items)
    _forget_run(profile)
    return all(endings)


def any_running(profile: Profile) -> bool:
    """Whether at least one process of the shop runs."""
    return any(each.running() for each in processes.all_services(profile))


def stop_unsaved(profile: Profile) -> None:
    """Ends every process at once; nothing of this run is kept but its logs."""
    for each in processes.all_services(profile):
        each.kill()
    _forget_run(profile)


def wipe(profile: Profile) -> None:
    """Stops the shop without saving and removes everything it wrote."""
    stop_unsaved(profile)
    shutil.rmtree(profile.folder, ignore_errors=True)


def _forget_run(profile: Profile) -> None:
    profile.shop_file.unlink(missing_ok=True)
    scratch.remove(profile)


def _count_items(profile: Profile) -> int:
    with suppress(OSError, BotoCoreError, ClientError):
        shop = json.loads(profile.shop_file.read_text())
        dynamodb = aws.clients(shop["endpoint"])("dynamodb")
        pages = dynamodb.get_paginator("scan").paginate(
            TableName=shop["table_name"], Select="COUNT"
        )
        return sum(page["Count"] for page in pages)
    return 0


def _since(started: float) -> str:
    return f"{time.monotonic() - started:5.1f} s"
