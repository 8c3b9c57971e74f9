"""What a merchant and WeChat Pay have agreed on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class PayConfig:
    """The merchant account that the emulator serves.

    Attributes:
        appid: The mini-program bound to the merchant.
        mchid: The merchant number.
        merchant_serial_no: Serial of the merchant's API certificate.
        merchant_public_key_pem: Verifies the merchant's signatures.
        apiv3_key: 32 bytes; encrypts notices.
        platform_private_key_pem: Signs answers and notices.
        platform_key_id: ``PUB_KEY_ID_...`` of that key.
        second_platform_private_key_pem: Signs notices when a fault asks for another known key.
        second_platform_key_id: Id of the second key.
        platform_certificates: For a merchant in certificate mode, oldest first: ``{serial_no, pem,
            private_key_pem, effective_time, expire_time}``; the last in force signs what nobody
            asked to be signed by a public key.
        allow_http_notify: Lets notify_url be plain http to this machine.
        refund_seconds: How long a refund stays PROCESSING.
        refund_gap_seconds: Least time between two refunds of one order.
    """

    appid: str
    mchid: str
    merchant_serial_no: str
    merchant_public_key_pem: str
    apiv3_key: str
    platform_private_key_pem: str
    platform_key_id: str
    second_platform_private_key_pem: str = ""
    second_platform_key_id: str = ""
    platform_certificates: Sequence[Mapping[str, str]] = ()
    allow_http_notify: bool = False
    refund_seconds: float = 2.0
    refund_gap_seconds: float = 60.0

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> "PayConfig":
        """Reads the configuration; names the emulator does not know are left alone."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in plain.items() if name in known})
