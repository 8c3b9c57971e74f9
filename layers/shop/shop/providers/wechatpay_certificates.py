"""Platform certificates, downloaded and opened (`providers` 2.2).

Merchants in public-key mode have none: the call then fails and nothing changes. What was downloaded
lives as long as the process; the certificate in force belongs into the secret too, because a notice
never makes the shop call out.

May import: errors.
"""

from collections.abc import Mapping, Sequence

import msgspec

from shop.providers.wechatpay_crypto import unseal
from shop.providers.wechatpay_wire import Text, WireError, decode, utc_seconds

PATH = "/v3/certificates"
REFETCH_SECONDS = 600
"""However many answers come under unknown serials, certificates are asked for no oftener."""
_ALGORITHM = "AEAD_AES_256_GCM"
_MOST = 10


class _Sealed(msgspec.Struct):
    algorithm: Text
    nonce: Text
    ciphertext: str
    associated_data: Text = ""


class _Certificate(msgspec.Struct):
    serial_no: Text
    effective_time: Text
    expire_time: Text
    encrypt_certificate: _Sealed


class _Download(msgspec.Struct):
    data: list[_Certificate]


def opened(body: bytes, apiv3_keys: Sequence[bytes], now: int) -> Mapping[str, str]:
    """The certificates that are in force, PEM by serial.

    Args:
        body: The answer to `PATH`.
        apiv3_keys: Current and old ones.
        now: UTC seconds.

    Raises:
        WireError: One cannot be opened or read, so none of them is to be trusted.
    """
    found = {}
    for one in decode(body, _Download).data[:_MOST]:
        sealed = one.encrypt_certificate
        plain = unseal(
            apiv3_keys,
            nonce=sealed.nonce,
            aad=sealed.associated_data,
            ciphertext=sealed.ciphertext,
        )
        if plain is None or sealed.algorithm != _ALGORITHM:
            raise WireError
        if utc_seconds(one.effective_time) <= now < utc_seconds(one.expire_time):
            found[one.serial_no] = plain.decode("ascii", "replace")
    return found
