"""Platform certificates, for merchants that are not in public-key mode yet."""

from collections.abc import Callable, Mapping, Sequence

from scripts.emulators.wechatpay.clock import parse_rfc3339
from scripts.emulators.wechatpay.config import PayConfig
from scripts.emulators.wechatpay.errors import PayError
from scripts.emulators.wechatpay.signing import PlatformKey, encrypted_resource

PATH = "/v3/certificates"


def in_force(certificates: Sequence[Mapping[str, str]], now: float) -> PlatformKey | None:
    """The key of the newest certificate that is in force."""
    for one in reversed(certificates):
        if parse_rfc3339(one["effective_time"]) <= now < parse_rfc3339(one["expire_time"]):
            return PlatformKey.from_pem(one["serial_no"], one["private_key_pem"])
    return None


def offered(config: PayConfig, hex_id: Callable[[int], str], now: float) -> list[dict[str, object]]:
    """What a download shows: every certificate that has not expired, sealed.

    Raises:
        PayError: The merchant is in public-key mode.
    """
    shown: list[dict[str, object]] = [
        {
            "serial_no": one["serial_no"],
            "effective_time": one["effective_time"],
            "expire_time": one["expire_time"],
            "encrypt_certificate": _sealed(config.apiv3_key, one["pem"], hex_id),
        }
        for one in config.platform_certificates
        if now < parse_rfc3339(one["expire_time"])
    ]
    if not shown:
        raise PayError(404, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请使用微信支付公钥")
    return shown


def _sealed(apiv3_key: str, pem: str, hex_id: Callable[[int], str]) -> dict[str, str]:
    sealed = encrypted_resource(apiv3_key, "certificate", pem.encode(), hex_id)
    del sealed["original_type"]
    return sealed
