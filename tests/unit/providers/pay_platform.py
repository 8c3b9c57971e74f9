"""The other side of the table, by hand: a platform key, a merchant, answers and notices.

Written from the protocol description, sharing nothing with the client under test.
"""

import base64
import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shop.providers.transport import Answer
from shop.providers.wechatpay import WechatPay
from tests.unit.providers.scripted import Scripted, ScriptedTransport, plain

NOW = 1_800_000_000
APPID = "wx0123456789abcdef"
MCHID = "1600000001"
MERCHANT_SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
KEY_ID = "PUB_KEY_ID_0116000000012026010100000000001"
APIV3_KEY = "a" * 32
OLD_APIV3_KEY = "b" * 32
FIRST, BACKUP = "https://pay.invalid", "https://pay2.invalid"
ORDER = "20260101ABCDEFGH"
REFUND = "R20260101ABCDEFGH01"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """One key per name and run; making them is the slow part of these tests."""
    del name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(name: str) -> str:
    return (
        rsa_key(name)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


def public_pem(name: str) -> str:
    return (
        rsa_key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def sign(name: str, message: bytes) -> str:
    signature = rsa_key(name).sign(message, padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(signature).decode()


def signature_headers(
    body: bytes,
    *,
    timestamp: str = str(NOW),
    nonce: str = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS",
    serial: str = KEY_ID,
    key: str = "platform",
) -> dict[str, str]:
    return {
        "wechatpay-timestamp": timestamp,
        "wechatpay-nonce": nonce,
        "wechatpay-serial": serial,
        "wechatpay-signature": sign(key, f"{timestamp}\n{nonce}\n".encode() + body + b"\n"),
        "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
    }


def signed(status: int, value: object) -> Answer:
    body = b"" if value is None else json.dumps(value, ensure_ascii=False).encode()
    return Answer(status, signature_headers(body), body)


def refused(status: int, code: str) -> Answer:
    return plain({"code": code, "message": "x"}, status)


def transaction(**changes: object) -> dict[str, object]:
    return {
        "appid": APPID,
        "mchid": MCHID,
        "out_trade_no": ORDER,
        "transaction_id": "4200000001202601010000000001",
        "trade_type": "JSAPI",
        "trade_state": "SUCCESS",
        "trade_state_desc": "支付成功",
        "bank_type": "OTHERS",
        "attach": "yunpu",
        "success_time": "2027-01-15T16:00:00+08:00",
        "payer": {"openid": "oPayer"},
        "amount": {"total": 1999, "payer_total": 1899, "currency": "CNY", "payer_currency": "CNY"},
        "promotion_detail": [{"coupon_id": "1", "amount": 100}],
    } | changes


def refund_body(**changes: object) -> dict[str, object]:
    return {
        "mchid": MCHID,
        "transaction_id": "4200000001202601010000000001",
        "out_trade_no": ORDER,
        "refund_id": "50300000012026",
        "out_refund_no": REFUND,
        "refund_status": "SUCCESS",
        "success_time": "2027-01-15T16:00:10+08:00",
        "user_received_account": "零钱",
        "amount": {"total": 1999, "refund": 500, "payer_total": 1899, "payer_refund": 475},
    } | changes


def sealed(
    value: object, *, original_type: str, key: str = APIV3_KEY, aad: str | None = "transaction"
) -> dict[str, str]:
    nonce = "0123456789ab"
    plain = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    ciphertext = AESGCM(key.encode()).encrypt(nonce.encode(), plain, (aad or "").encode())
    resource = {
        "algorithm": "AEAD_AES_256_GCM",
        "original_type": original_type,
        "ciphertext": base64.b64encode(ciphertext).decode(),
        "nonce": nonce,
    }
    return resource if aad is None else resource | {"associated_data": aad}


def notice(resource: object, event_type: str = "TRANSACTION.SUCCESS") -> bytes:
    return json.dumps(
        {
            "id": "EV-2018022511223320873",
            "create_time": "2027-01-15T16:00:01+08:00",
            "resource_type": "encrypt-resource",
            "event_type": event_type,
            "summary": "支付成功",
            "resource": resource,
        },
        ensure_ascii=False,
    ).encode()


def payment_notice(**changes: object) -> bytes:
    return notice(sealed(transaction(**changes), original_type="transaction"))


def client(
    *answers: Scripted,
    apiv3_keys: tuple[str, ...] = (APIV3_KEY,),
    also: Mapping[str, str] = MappingProxyType({}),
) -> tuple[WechatPay, ScriptedTransport]:
    transport = ScriptedTransport(list(answers))
    pay = WechatPay(
        appid=APPID,
        mchid=MCHID,
        serial_no=MERCHANT_SERIAL,
        private_key_pem=private_pem("merchant"),
        apiv3_keys=apiv3_keys,
        public_keys={KEY_ID: public_pem("platform"), **also},
        base_urls=(FIRST, BACKUP),
        public_base_url="https://shop.invalid",
        clock=lambda: NOW,
        nonce=lambda: "593BEC0C930BF1AFEB40B4A08C8FB242",
        transport=transport,
    )
    return pay, transport
