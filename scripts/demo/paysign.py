"""The check a mini-program's platform makes before it shows the payment sheet."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

FIELDS = ("timeStamp", "nonceStr", "package", "signType", "paySign")
LONGEST_NONCE = 32


class PaySignError(Exception):
    """The payment parameters are not what the merchant signed; the text is the reason."""


class PaySignCheck:
    """Verifies payment parameters with the merchant's public key.

    Args:
        appid: The mini-program's id; it is part of what is signed.
        merchant_public_key_pem: PEM of the merchant's RSA public key.
    """

    def __init__(self, appid: str, merchant_public_key_pem: str) -> None:
        key = load_pem_public_key(merchant_public_key_pem.encode())
        if not isinstance(key, rsa.RSAPublicKey):
            raise TypeError("the merchant's key is not an RSA public key")
        self._appid = appid
        self._key = key

    def verify(self, payment: Mapping[str, Any]) -> None:
        """Checks one set of parameters, as WeChat Pay's JSAPI page describes them.

        Args:
            payment: ``timeStamp, nonceStr, package, signType, paySign`` as the shop gave them.

        Raises:
            PaySignError: A field is missing or malformed, or the signature is another's.
        """
        text = {name: payment.get(name) for name in FIELDS}
        for name, value in text.items():
            if not isinstance(value, str) or not value:
                raise PaySignError(f"{name} is not text")
        if text["signType"] != "RSA":
            raise PaySignError("signType is not RSA")
        if not str(text["timeStamp"]).isdigit():
            raise PaySignError("timeStamp is not a number of seconds")
        if len(str(text["nonceStr"])) > LONGEST_NONCE:
            raise PaySignError("nonceStr is too long")
        if not str(text["package"]).startswith("prepay_id="):
            raise PaySignError("package names no prepay_id")
        self._verify_signature(str(text["paySign"]), self._signed_text(text))

    def holds_for(self, payment: Mapping[str, Any]) -> bool:
        """Whether ``verify`` passes."""
        try:
            self.verify(payment)
        except PaySignError:
            return False
        return True

    def _signed_text(self, text: Mapping[str, Any]) -> bytes:
        parts = (self._appid, text["timeStamp"], text["nonceStr"], text["package"])
        return "".join(f"{part}\n" for part in parts).encode()

    def _verify_signature(self, pay_sign: str, message: bytes) -> None:
        try:
            signature = base64.b64decode(pay_sign, validate=True)
            self._key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        except (binascii.Error, ValueError) as error:
            raise PaySignError("paySign is not base64") from error
        except InvalidSignature as error:
            raise PaySignError("paySign does not verify") from error
