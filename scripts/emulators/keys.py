"""Makes the keys and configurations of a local shop: the emulators' side and the shop's side."""

import argparse
import base64
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_BITS = 2048
APIV3_KEY_LENGTH = 32


@dataclass(frozen=True)
class LocalKeys:
    """Both sides of every agreement with a provider.

    Attributes:
        wechat: Configuration of the WeChat emulator.
        wechatpay: Configuration of the WeChat Pay emulator.
        kuaidi100: Configuration of the Kuaidi100 emulator.
        sf_express: Configuration of the SF Express emulator.
        shop_secrets: What the shop keeps in its secret store, by secret name.
    """

    wechat: dict[str, Any]
    wechatpay: dict[str, Any]
    kuaidi100: dict[str, Any]
    sf_express: dict[str, Any]
    shop_secrets: dict[str, dict[str, Any]]

    def files(self) -> dict[str, dict[str, Any]]:
        """File names with their content."""
        return {
            "wechat.json": self.wechat,
            "wechatpay.json": self.wechatpay,
            "kuaidi100.json": self.kuaidi100,
            "sf_express.json": self.sf_express,
            "shop-secrets.json": self.shop_secrets,
        }


def generate(appid: str | None = None, mchid: str | None = None) -> LocalKeys:
    """Makes fresh keys from the system's random source; takes about half a second.

    Args:
        appid: The mini-program's id; default a fresh one.
        mchid: The merchant number; default a fresh one.
    """
    appid = appid or "wx" + secrets.token_hex(8)
    mchid = mchid or "16" + _digits(8)
    app_secret = secrets.token_hex(16)
    push = {
        "push_token": secrets.token_hex(12),
        "encoding_aes_key": base64.b64encode(secrets.token_bytes(32)).decode().rstrip("="),
    }
    merchant, platform, second = (_rsa_key() for _ in range(3))
    serial_no = secrets.token_hex(20).upper()
    key_id, second_id = ("PUB_KEY_ID_01" + mchid + _digits(12) for _ in range(2))
    apiv3_key = base64.b32encode(secrets.token_bytes(20)).decode()[:APIV3_KEY_LENGTH]
    customer, courier_key = secrets.token_hex(16).upper(), secrets.token_urlsafe(9)[:12]
    salt = secrets.token_hex(8)
    waybills = {
        "secret": secrets.token_hex(16),
        "partners": {
            com: {"partnerId": "P" + _digits(8), "partnerKey": secrets.token_hex(8)}
            for com in ("shunfeng", "zhongtong", "yuantong")
        },
    }
    sender = {"name": "云铺发货", "phone": "075588880000", "address": "广东省深圳市南山区云铺仓库"}
    partner = {"partner_id": "YP" + _digits(8), "check_word": secrets.token_urlsafe(24)}
    return LocalKeys(
        wechat={"appid": appid, "secret": app_secret, **push},
        wechatpay={
            "appid": appid,
            "mchid": mchid,
            "merchant_serial_no": serial_no,
            "merchant_public_key_pem": _public_pem(merchant),
            "apiv3_key": apiv3_key,
            "platform_private_key_pem": _private_pem(platform),
            "platform_key_id": key_id,
            "second_platform_private_key_pem": _private_pem(second),
            "second_platform_key_id": second_id,
            "allow_http_notify": True,
        },
        kuaidi100={"customer": customer, "key": courier_key, "salt": salt, **waybills},
        sf_express=dict(partner),
        shop_secrets={
            "wechat-app": {"appid": appid, "secret": app_secret, **push},
            "wechatpay": {
                "mchid": mchid,
                "serial_no": serial_no,
                "private_key_pem": _private_pem(merchant),
                "apiv3_key": apiv3_key,
                "public_keys": {key_id: _public_pem(platform), second_id: _public_pem(second)},
            },
            "kuaidi100": {
                "customer": customer,
                "key": courier_key,
                "salt": salt,
                "sender": sender,
                **waybills,
            },
            "sf-express": partner,
        },
    )


def write_if_absent(folder: Path) -> bool:
    """Writes all files, readable by the owner only, unless they are all there.

    Returns:
        Whether they were written. A partial set is replaced as a whole, since its parts would
        not match.
    """
    if all((folder / name).exists() for name in _FILE_NAMES):
        return False
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, content in generate().files().items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(json.dumps(content, indent=2) + "\n")
    return True


_FILE_NAMES = (
    "wechat.json",
    "wechatpay.json",
    "kuaidi100.json",
    "sf_express.json",
    "shop-secrets.json",
)


def _rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def _private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def _digits(count: int) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(count))


def main() -> None:
    """Writes the files into ``--out`` and says whether they were new."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True)
    folder = parser.parse_args().out
    written = write_if_absent(folder)
    print(f"keys {'written to' if written else 'already in'} {folder}")


if __name__ == "__main__":
    main()
