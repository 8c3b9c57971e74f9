"""What every command works with: the shop, the staff routes and the printer."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from scripts.operator_cli import shop_file
from scripts.operator_cli.errors import UnreachableError
from scripts.operator_cli.line import Line, Reply
from scripts.operator_cli.printer import Printer
from scripts.operator_cli.session import Session
from scripts.operator_cli.shop_file import Shop
from scripts.operator_cli.staff_api import StaffApi, new_key

TIMEOUT = httpx.Timeout(35.0, connect=5.0)


@dataclass
class Desk:
    """One invocation of ``shopctl``; what needs the shop file is made when first used.

    Attributes:
        file: The shop file.
        transport: Carries requests in place of the network, for tests.
        clock: UTC seconds.
        sleep: Waits; seconds.
    """

    file: Path = shop_file.DEFAULT
    printer: Printer = field(default_factory=lambda: Printer(as_json=False))
    transport: httpx.BaseTransport | None = None
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    @cached_property
    def shop(self) -> Shop:
        """Where the shop is."""
        return shop_file.read(self.file)

    @cached_property
    def session(self) -> Session:
        """The staff session."""
        return Session(self.shop, self.line, self.printer.say, self.clock, self.sleep)

    @cached_property
    def line(self) -> Line:
        """HTTP to the shop."""
        return self.line_to(self.shop.base_url)

    def line_to(self, base_url: str) -> Line:
        """HTTP to an address, such as the one that providers were told."""
        http = httpx.Client(
            base_url=base_url,
            timeout=TIMEOUT,
            transport=self.transport,
            # A proxy of the machine does not lead to the machine itself.
            trust_env=not self.shop.is_local,
        )
        return Line(http, self.sleep)

    @cached_property
    def api(self) -> StaffApi:
        """The staff routes."""
        return StaffApi(self.line, self.session)

    def write(
        self, path: str, body: Mapping[str, Any], key: str | None, method: str = "POST"
    ) -> Reply:
        """Sends one write under the operator's key or a new one.

        Raises:
            RefusedError, NotSignedInError: See there.
            UnreachableError: It is not known whether it took effect; the text tells the key.
        """
        chosen = key or new_key()
        try:
            return self.api.write(method, path, body, chosen)
        except UnreachableError as lost:
            raise UnreachableError(
                f"{lost}\nIt may have taken effect or not. The same command with "
                f"--key {chosen} makes sure that it does, once."
            ) from lost
