"""Verification of the merchant's ``Authorization`` header."""

import base64
import binascii
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from scripts.emulators.wechatpay.config import PayConfig
from scripts.emulators.wechatpay.errors import PayError
from scripts.emulators.wire import Request

SCHEME = "WECHATPAY2-SHA256-RSA2048"
CLOCK_TOLERANCE_SECONDS = 300
NONCE_LENGTH = 32
_FIELDS = ("mchid", "nonce_str", "timestamp", "serial_no", "signature")
_PART = re.compile(r'(\w+)="([^"]*)"')
_SHOWN = 60


class MerchantKey:
    """The merchant's public key."""

    def __init__(self, pem: str) -> None:
        key = load_pem_public_key(pem.encode())
        if not isinstance(key, rsa.RSAPublicKey):
            raise ValueError("the merchant key is no RSA key")  # noqa: TRY004
        self._key = key

    def verifies(self, signature: str, message: bytes) -> bool:
        """Whether ``signature`` (base64) is the merchant's over ``message``."""
        try:
            raw = base64.b64decode(signature, validate=True)
            self._key.verify(raw, message, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


class Gate:
    """Lets in only requests that carry the merchant's valid signature and the due headers."""

    def __init__(self, config: PayConfig, merchant_key: MerchantKey) -> None:
        self._config = config
        self._key = merchant_key

    def check(self, request: Request, now: float) -> None:
        """Checks headers, clock and signature; a repeated nonce is tolerated, as WeChat does.

        Args:
            request: The request exactly as sent.
            now: UTC seconds.

        Raises:
            PayError: 400 for missing headers, 401 SIGN_ERROR for all that concerns the signature.
        """
        self._check_headers(request)
        parts = _parse(request)
        if parts["mchid"] != self._config.mchid:
            raise _sign_error("mchid", "商户号与签名不符", request)
        if parts["serial_no"].upper() != self._config.merchant_serial_no.upper():
            raise _sign_error("serial_no", "商户证书序列号有误", request)
        if not parts["nonce_str"] or len(parts["nonce_str"]) > NONCE_LENGTH:
            raise _sign_error("nonce_str", "随机串长度有误", request)
        if not re.fullmatch(r"[0-9]{1,12}", parts["timestamp"]):
            raise _sign_error("timestamp", "时间戳格式有误", request)
        if abs(now - int(parts["timestamp"])) > CLOCK_TOLERANCE_SECONDS:
            raise _sign_error(
                "timestamp",
                "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟",
                request,
            )
        message = _message(request, parts["timestamp"], parts["nonce_str"])
        if not self._key.verifies(parts["signature"], message):
            raise _sign_error("signature", "验证不通过", request, message)

    def _check_headers(self, request: Request) -> None:
        accept = request.headers.get("accept", "")
        if "application/json" not in accept and "*/*" not in accept:
            raise PayError(400, "PARAM_ERROR", "Http头Accept应为application/json")
        if not request.headers.get("user-agent"):
            raise PayError(400, "PARAM_ERROR", "Http头缺少User-Agent")
        content_type = request.headers.get("content-type", "")
        if request.body and not content_type.startswith("application/json"):
            raise PayError(400, "PARAM_ERROR", "Http头Content-Type应为application/json")
        serial = request.headers.get("wechatpay-serial")
        known = {self._config.platform_key_id, self._config.second_platform_key_id} - {""}
        if serial is not None and serial not in known:
            raise PayError(400, "PARAM_ERROR", "Http头Wechatpay-Serial有误")


def _parse(request: Request) -> dict[str, str]:
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    found = _PART.findall(rest)
    parts = dict(found)
    whole = ",".join(f'{name}="{value}"' for name, value in found)
    if scheme != SCHEME or len(found) != len(_FIELDS) or whole != rest.replace(", ", ","):
        raise _sign_error("authorization", "Http头Authorization值格式错误", request)
    missing = [name for name in _FIELDS if name not in parts]
    if missing:
        raise _sign_error("authorization", f"Http头Authorization缺少{missing[0]}", request)
    return parts


def _message(request: Request, timestamp: str, nonce: str) -> bytes:
    head = f"{request.method}\n{request.target}\n{timestamp}\n{nonce}\n"
    return head.encode() + request.body + b"\n"


def _sign_error(field: str, issue: str, request: Request, message: bytes = b"") -> PayError:
    detail = {
        "field": field,
        "location": "authorization",
        "issue": issue,
        "sign_information": {
            "method": request.method,
            "url": request.target,
            "truncated_sign_message": message[:_SHOWN].decode("utf-8", "replace"),
            "sign_message_length": len(message),
        },
    }
    return PayError(401, "SIGN_ERROR", f"签名错误: {issue}", detail)
