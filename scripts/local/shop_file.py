"""The file that tells the demo, ``shopctl`` and people where the local shop is."""

import json
from collections.abc import Mapping
from typing import Any

from scripts.local.addresses import Addresses
from scripts.local.profile import REGION, STACK, Profile
from scripts.local.secret_values import STAFF


def write(
    profile: Profile,
    addresses: Addresses,
    outputs: Mapping[str, str],
    secrets: Mapping[str, Mapping[str, Any]],
    stack: str = STACK,
) -> None:
    """Writes ``shop.json``, readable by the owner only because it lets its reader in as staff."""
    base_url = addresses.api(outputs["ApiId"])
    wechatpay = json.loads((profile.keys / "wechatpay.json").read_text())
    content = {
        "base_url": base_url,
        "openapi_url": f"{base_url}/v1/openapi.json",
        "endpoint": addresses.endpoint,
        "region": REGION,
        "stack": stack,
        "outputs": dict(outputs),
        "table_name": outputs["TableName"],
        "emulators": addresses.emulators,
        "appid": secrets["wechat-app"]["appid"],
        "merchant_public_key_pem": wechatpay["merchant_public_key_pem"],
        "pay_window_seconds": profile.pay_window_seconds,
        "flash_pay_window_seconds": profile.flash_pay_window_seconds,
        "staff": dict(secrets[STAFF]),
    }
    profile.shop_file.unlink(missing_ok=True)
    profile.shop_file.touch(mode=0o600)
    profile.shop_file.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def card(profile: Profile) -> str:
    """How to reach the running shop, for a person."""
    shop = json.loads(profile.shop_file.read_text())
    base, wechat = shop["base_url"], shop["emulators"]["wechat"]
    path = profile.shop_file
    return f"""\
API        {base}
OpenAPI    {shop["openapi_url"]}
Providers  {"  ".join(f"{name} {url}" for name, url in shop["emulators"].items())}
AWS        {shop["endpoint"]} (region {shop["region"]}, any credentials)

Sign in as a shopper: let the emulated WeChat hand out a code, then spend it
  curl -s {wechat}/_control/codes -d '{{"user":"me"}}'
  curl -s '{base}/v1/login' -H 'content-type: application/json' -d '{{"code":"..."}}'
Sign in as staff: "staff" in {path} holds the first account
  scripts/shopctl --shop {path} login
"""
