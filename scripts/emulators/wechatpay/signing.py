"""What WeChat Pay signs and encrypts: answers and notices."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key

SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048"
SIGNTEST_PREFIX = "WECHATPAY/SIGNTEST/"
NONCE_BYTES = 12


@dataclass(frozen=True)
class PlatformKey:
    """One of WeChat Pay's own keys."""

    key_id: str
    private_key: rsa.RSAPrivateKey

    @classmethod
    def from_pem(cls, key_id: str, pem: str) -> "PlatformKey":
        """Reads a PKCS#8 PEM.

        Raises:
            ValueError: The PEM holds no RSA key.
        """
        return cls(key_id, _private_key(pem))

    def headers(self, timestamp: int, nonce: str, body: bytes) -> dict[str, str]:
        """The signature headers over timestamp, nonce and raw body, each line ended by LF."""
        message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
        signature = self.private_key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return {
            "Wechatpay-Timestamp": str(timestamp),
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": base64.b64encode(signature).decode(),
            "Wechatpay-Serial": self.key_id,
            "Wechatpay-Signature-Type": SIGNATURE_TYPE,
        }


@cache
def _private_key(pem: str) -> rsa.RSAPrivateKey:
    # Reading checks the key, which takes 30 ms: too much for tests that build many emulators.
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the platform key is no RSA key")  # noqa: TRY004
    return key


def as_probe(headers: dict[str, str]) -> dict[str, str]:
    """The headers of probe traffic: a signature that must fail verification."""
    wrong = headers["Wechatpay-Signature"][len(SIGNTEST_PREFIX) :]
    return headers | {"Wechatpay-Signature": SIGNTEST_PREFIX + wrong}


def encrypted_resource(
    apiv3_key: str, original_type: str, plain: bytes, hex_id: Callable[[int], str]
) -> dict[str, str]:
    """A notice's ``resource``: AES-256-GCM under the APIv3 key, tag at the ciphertext's end."""
    nonce = hex_id(NONCE_BYTES)
    ciphertext = AESGCM(apiv3_key.encode()).encrypt(nonce.encode(), plain, original_type.encode())
    return {
        "original_type": original_type,
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(ciphertext).decode(),
        "associated_data": original_type,
        "nonce": nonce,
    }
