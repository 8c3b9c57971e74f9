"""Runs the real SAM build and deploy against the emulated AWS."""

import json
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.local import message_templates
from scripts.local.addresses import Addresses
from scripts.local.aws import environment
from scripts.local.processes import cloud_tool
from scripts.local.profile import API_ID, REGION, ROOT, STACK, Profile

BUCKET = "yunpu-local-artifacts"


class DeployError(Exception):
    """SAM failed; the text is the end of what it printed and where the rest is."""


@dataclass(frozen=True)
class Place:
    """Where a shop is deployed to in a local account.

    Attributes:
        stack: The stack's name.
        api_id: The id of its API; "" leaves it to the cloud.
        parameters: What differs from any other local shop.
    """

    stack: str = STACK
    api_id: str = API_ID
    parameters: Mapping[str, str] = field(default_factory=dict)


def parameters(
    profile: Profile, addresses: Addresses, place: Place | None = None
) -> dict[str, str]:
    """Everything in which a local shop differs from one on AWS."""
    place = place or Place()
    emulators = addresses.emulators
    return {
        **machine_parameters(),
        "PublicBaseUrl": addresses.api(place.api_id),
        "WechatBaseUrl": emulators["wechat"],
        "WechatpayBaseUrls": emulators["wechatpay"],
        "Kuaidi100BaseUrl": emulators["kuaidi100"],
        "Kuaidi100LabelBaseUrl": emulators["kuaidi100"],
        "MessageTemplates": message_templates.as_parameter(),
        "SfExpressBaseUrl": emulators["sf_express"],
        "PayWindowSeconds": str(profile.pay_window_seconds),
        "FlashPayWindowSeconds": str(profile.flash_pay_window_seconds),
        "ReserveConcurrency": "true",
        # All buyers of a local shop come from one address.
        "SourceRequestsPerMinute": "60000",
        **place.parameters,
    }


def machine_parameters() -> dict[str, str]:
    """The Python and the processor that functions meet here; wheels are built for them."""
    arm = platform.machine().lower() in ("arm64", "aarch64")
    return {
        "PythonRuntime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "Architecture": "arm64" if arm else "x86_64",
    }


def start_build(profile: Profile) -> "Build":
    """Starts ``sam build``; what it built before is reused where nothing changed."""
    profile.logs.mkdir(parents=True, exist_ok=True)
    command = [
        cloud_tool("sam"), "build",
        "--cached", "--parallel",
        "--cache-dir", str(ROOT / ".aws-sam" / "cache"),
        "--build-dir", str(profile.built),
        "--parameter-overrides", *_overrides(machine_parameters()),
    ]  # fmt: skip
    return Build(command, profile.logs / "sam-build.log")


class Build:
    """A running ``sam build``."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._log = log
        with log.open("w") as output:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment("http://127.0.0.1:9"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def finish(self) -> None:
        """Waits for the end.

        Raises:
            DeployError: The build failed.
        """
        if self._process.wait():
            raise DeployError(_tail("sam build", self._log))

    def stop(self) -> None:
        """Ends a build whose result is not wanted any more."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


def deploy(
    profile: Profile,
    addresses: Addresses,
    client: Callable[[str], Any],
    place: Place | None = None,
) -> None:
    """Deploys what was built; changes nothing where nothing changed.

    Raises:
        DeployError: The deploy failed.
    """
    place = place or Place()
    s3 = client("s3")
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    log = profile.logs / "sam-deploy.log"
    command = [
        cloud_tool("sam"), "deploy",
        "--config-file", str(ROOT / "samconfig.toml"),
        "--config-env", "local",
        "--template-file", str(profile.built / "template.yaml"),
        "--stack-name", place.stack,
        "--s3-bucket", BUCKET,
        # MiniStack gives an API the id in this tag, so the address is known before the deploy.
        *(("--tags", f"ms-custom-id={place.api_id}") if place.api_id else ()),
        "--parameter-overrides", *_overrides(parameters(profile, addresses, place)),
    ]  # fmt: skip
    with log.open("w") as output:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment(addresses.endpoint),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise DeployError(_tail("sam deploy", log))


def _overrides(values: Mapping[str, str]) -> list[str]:
    return [f"{name}={json.dumps(value)}" for name, value in values.items()]


def _tail(what: str, log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-30:]
    return "\n".join([f"{what} failed; all of it: {log}", *lines])
