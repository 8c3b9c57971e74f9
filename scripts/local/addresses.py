"""The addresses of a running local shop; its ports are kept so that they stay over restarts."""

import json
from dataclasses import asdict, dataclass

from scripts.local.ports import HOST, choose
from scripts.local.profile import Profile


@dataclass(frozen=True)
class Addresses:
    """The ports of one local shop, all on loopback."""

    cloud: int
    wechat: int
    wechatpay: int
    kuaidi100: int
    sf_express: int

    @classmethod
    def of(cls, profile: Profile) -> "Addresses":
        """The ports last chosen.

        Raises:
            OSError: None were chosen yet.
        """
        return cls(**json.loads((profile.folder / "ports.json").read_text()))

    @classmethod
    def choose(cls, profile: Profile) -> "Addresses":
        """Takes the ports last used where they are free, others where not, and notes them."""
        try:
            wanted = list(asdict(cls.of(profile)).values())
        except (OSError, TypeError):
            # Never chosen, or before there were this many.
            wanted = [profile.first_port + offset for offset in range(5)]
        chosen: list[int] = []
        for index, port in enumerate(wanted):
            chosen.append(choose(port, {*chosen, *wanted[index + 1 :]}))
        addresses = cls(*chosen)
        profile.folder.mkdir(parents=True, exist_ok=True)
        (profile.folder / "ports.json").write_text(json.dumps(asdict(addresses)) + "\n")
        return addresses

    @property
    def endpoint(self) -> str:
        """The emulated AWS."""
        return f"http://{HOST}:{self.cloud}"

    def api(self, api_id: str) -> str:
        """An API; needs no name resolution, unlike the address in the stack's output."""
        return f"{self.endpoint}/_aws/execute-api/{api_id}/$default"

    @property
    def emulators(self) -> dict[str, str]:
        """The providers' base addresses by name."""
        ports = {
            "wechat": self.wechat,
            "wechatpay": self.wechatpay,
            "kuaidi100": self.kuaidi100,
            "sf_express": self.sf_express,
        }
        return {name: f"http://{HOST}:{port}" for name, port in ports.items()}
