"""WeChat Pay's signatures and sealed resources (`providers` 2.1, 2.2, 2.5).

`cryptography` is imported and keys are parsed at first use, once.
May import: telemetry.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from shop.telemetry import misconfigured

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_NONCE_BYTES = 12


def lines(*parts: str) -> bytes:
    """The parts, each ended by a line feed, the last one too."""
    return "".join(f"{part}\n" for part in parts).encode()


class Signer:
    """Signs with the merchant's private key (RSA PKCS#1 v1.5, SHA-256)."""

    def __init__(self, private_key_pem: str) -> None:
        self._pem = private_key_pem
        self._key: RSAPrivateKey | None = None

    def sign(self, message: bytes) -> str:
        """Base64 of the signature.

        Raises:
            MisconfiguredError: The key is not an RSA private key in PEM.
        """
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        signature = self._load().sign(message, padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(signature).decode()

    def _load(self) -> "RSAPrivateKey":
        if self._key is None:
            from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
            from cryptography.hazmat.primitives.serialization import load_pem_private_key

            try:
                # The key is ours; proving its primes again costs each cold start 30 ms.
                key = load_pem_private_key(
                    self._pem.encode(), None, unsafe_skip_rsa_key_validation=True
                )
            except (ValueError, TypeError) as failure:
                raise misconfigured() from failure
            if not isinstance(key, RSAPrivateKey):
                raise misconfigured()
            self._key = key
        return self._key


class Verifier:
    """Verifies against every key WeChat Pay may sign with.

    Args:
        public_keys: PEM by serial: public keys (`PUB_KEY_ID_...`) and platform certificates
            side by side, so that a migration between them needs no code.
    """

    def __init__(self, public_keys: Mapping[str, str]) -> None:
        self._pems = dict(public_keys)
        self._keys: dict[str, RSAPublicKey] = {}

    @property
    def preferred_serial(self) -> str | None:
        """The key we ask WeChat Pay to sign answers with; None in certificate mode."""
        return next((serial for serial in self._pems if serial.startswith("PUB_KEY_ID_")), None)

    def add(self, public_keys: Mapping[str, str]) -> None:
        """Know further keys; those configured are never replaced."""
        for serial, pem in public_keys.items():
            self._pems.setdefault(serial, pem)

    def knows(self, serial: str) -> bool:
        """Whether a key of that serial is configured."""
        return serial in self._pems

    def verify(self, serial: str, signature: str, message: bytes) -> bool:
        """Whether the base64 signature over the message is by the key of that serial."""
        if not self.knows(serial):
            return False
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        try:
            raw = base64.b64decode(signature, validate=True)
            self._load(serial).verify(raw, message, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True

    def _load(self, serial: str) -> "RSAPublicKey":
        if serial not in self._keys:
            self._keys[serial] = _public_key(self._pems[serial].encode())
        return self._keys[serial]


def _public_key(pem: bytes) -> "RSAPublicKey":
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    try:
        if b"BEGIN CERTIFICATE" in pem:
            from cryptography.x509 import load_pem_x509_certificate

            key: object = load_pem_x509_certificate(pem).public_key()
        else:
            from cryptography.hazmat.primitives.serialization import load_pem_public_key

            key = load_pem_public_key(pem)
    except (ValueError, TypeError) as failure:
        raise misconfigured() from failure
    if not isinstance(key, RSAPublicKey):
        raise misconfigured()
    return key


def unseal(keys: Sequence[bytes], *, nonce: str, aad: str, ciphertext: str) -> bytes | None:
    """AES-256-GCM plaintext under the first key that fits; None when none does.

    Args:
        keys: APIv3 keys of 32 bytes: the current one, then those being rotated out.
        nonce: 12 characters.
        aad: Associated data, may be empty.
        ciphertext: Base64, the tag at its end.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        sealed = base64.b64decode(ciphertext, validate=True)
    except (binascii.Error, ValueError):
        return None
    raw_nonce = nonce.encode()
    if len(raw_nonce) != _NONCE_BYTES:
        return None
    for key in keys:
        try:
            return AESGCM(key).decrypt(raw_nonce, sealed, aad.encode())
        except InvalidTag:
            continue
    return None
