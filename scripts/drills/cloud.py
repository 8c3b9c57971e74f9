"""An empty account on the local cloud, with the providers' emulators beside it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from scripts.emulators.keys import write_if_absent
from scripts.local import (
    aws,
    deploy,
    dropped_settings,
    processes,
    routes,
    secret_values,
    shop,
    shop_file,
)
from scripts.local.addresses import Addresses
from scripts.local.profile import ROOT, Profile
from scripts.local.stack import DeployedStack


@dataclass(frozen=True)
class LocalAccount:
    """One account, open until its context ends."""

    profile: Profile
    addresses: Addresses

    @cached_property
    def client(self) -> partial[Any]:
        """Makes clients of the named service."""
        return aws.clients(self.addresses.endpoint)

    @property
    def environment(self) -> dict[str, str]:
        """What a person has set who deploys here, the tools in front of ``PATH``."""
        outer = aws.environment(self.addresses.endpoint)
        return {**outer, "PATH": f"{ROOT / '.venv-cloud' / 'bin'}:{outer['PATH']}"}

    @property
    def parameters(self) -> dict[str, str]:
        """What a person answers here where the template's default is meant for AWS."""
        return deploy.parameters(self.profile, self.addresses)

    def finish(self, stack: str) -> tuple[DeployedStack, int]:
        """Repeats what this cloud drops of a deploy, and writes the file that tells of the shop.

        Returns:
            The stack, and how many routes its API has.
        """
        deployed = DeployedStack.read(self.client, stack)
        count = routes.apply(deployed, self.client)
        dropped_settings.apply(deployed, self.client)
        file = self.profile.keys / "shop-secrets.json"
        secrets = secret_values.fill(self.client, file, stack)
        self.tell(deployed.outputs, secrets, stack)
        return deployed, count

    def tell(
        self, outputs: Mapping[str, str], secrets: Mapping[str, dict[str, Any]], stack: str
    ) -> None:
        """Writes the file by which shoppers and staff find the shop."""
        shop_file.write(self.profile, self.addresses, outputs, secrets, stack)

    def secret(self, stack: str, name: str) -> dict[str, Any]:
        """A secret's value."""
        told = self.client("secretsmanager").get_secret_value(SecretId=f"{stack}/{name}")
        return dict(json.loads(told["SecretString"]))


@contextmanager
def opened(profile: Profile) -> Iterator[LocalAccount]:
    """Starts everything anew and ends it again; the logs stay."""
    shop.wipe(profile)
    write_if_absent(profile.keys)
    addresses = Addresses.choose(profile)
    try:
        processes.start_all(profile, addresses)
        yield LocalAccount(profile, addresses)
    finally:
        shop.stop_unsaved(profile)
