"""The processes of a local shop: MiniStack and one per provider emulator."""

import json
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from scripts.local import scratch
from scripts.local.addresses import Addresses
from scripts.local.ports import HOST, answers
from scripts.local.profile import REGION, ROOT, Profile
from scripts.local.service import Service

CLOUD = "ministack"
EMULATORS = ("wechat", "wechatpay", "kuaidi100", "sf_express")
SERVICES = (
    "apigateway,cloudformation,dynamodb,dynamodbstreams,events,iam,kms,lambda,logs,monitoring,s3,"
    "scheduler,secretsmanager,sqs,ssm,sts"
)
START_SECONDS = 60.0
STOP_SECONDS = 60.0


def cloud_tool(name: str) -> str:
    """A program of the environment that holds MiniStack and SAM."""
    return str(ROOT / ".venv-cloud" / "bin" / name)


def all_services(profile: Profile) -> list[Service]:
    """Every process of the shop, in the order in which they are stopped: senders first."""
    return [service(profile, name) for name in (*EMULATORS, CLOUD)]


def service(profile: Profile, name: str) -> Service:
    """One process of the shop."""
    return Service(name, profile.run, profile.logs)


def start_all(profile: Profile, addresses: Addresses) -> None:
    """Starts every process and waits until each accepts connections.

    Raises:
        ServiceError: One of them did not.
    """
    profile.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    service(profile, CLOUD).start(
        [cloud_tool("ministack")],
        cloud_environment(profile, addresses, scratch.prepare(profile), os.environ),
    )
    _introduce(profile, addresses)
    for name, url in addresses.emulators.items():
        service(profile, name).start(_emulator_command(profile, name, url), os.environ)
    ports = {CLOUD: addresses.cloud}
    ports |= {name: urlsplit(url).port or 0 for name, url in addresses.emulators.items()}
    for name, port in ports.items():
        service(profile, name).wait_until(partial(answers, port), START_SECONDS)


def _introduce(profile: Profile, addresses: Addresses) -> None:
    """WeChat Pay tells WeChat of payments, so that shipping can be reported for them."""
    path = profile.keys / "wechatpay.json"
    config = json.loads(path.read_text())
    config["wechat_emulator_url"] = addresses.emulators["wechat"]
    path.write_text(json.dumps(config, indent=2) + "\n")


def cloud_environment(
    profile: Profile, addresses: Addresses, folder: Path, outer: Mapping[str, str]
) -> dict[str, str]:
    """MiniStack's environment, which its function processes inherit.

    It holds nothing else of the caller's: a proxy or an AWS profile set there would otherwise
    reach the functions.
    """
    return {
        **{name: outer[name] for name in ("PATH", "HOME", "LANG") if name in outer},
        "TMPDIR": str(folder),
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
        # Each function process unpacks its layers anew: writing bytecode there is never repaid.
        "PYTHONDONTWRITEBYTECODE": "1",
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(addresses.cloud),
        "MINISTACK_REGION": REGION,
        "SERVICES": SERVICES,
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(profile.state / "cloud"),
    }


def _emulator_command(profile: Profile, name: str, url: str) -> list[str]:
    return [
        sys.executable, "-m", f"scripts.emulators.{name}",
        "--port", str(urlsplit(url).port),
        "--config", str(profile.keys / f"{name}.json"),
        "--state", str(profile.state / f"{name}.json"),
    ]  # fmt: skip
