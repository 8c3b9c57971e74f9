"""What the service says about itself."""

import msgspec


class HealthView(msgspec.Struct, frozen=True):
    """The service answers."""

    status: str
    version: str
