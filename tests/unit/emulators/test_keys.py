import json
import stat
from pathlib import Path

from scripts.emulators.keys import write_if_absent
from tests.unit.emulators.pay_world import local_keys


def test_both_sides_of_the_keys_agree() -> None:
    keys = local_keys()
    shop = keys.shop_secrets
    assert shop["wechat-app"] == keys.wechat
    assert keys.wechatpay["appid"] == keys.wechat["appid"]
    assert len(shop["wechatpay"]["apiv3_key"]) == 32
    assert keys.wechatpay["platform_key_id"] in shop["wechatpay"]["public_keys"]
    assert shop["kuaidi100"] == keys.kuaidi100 | {"sender": shop["kuaidi100"]["sender"]}
    assert shop["sf-express"] == keys.sf_express


def test_files_are_written_once_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    assert write_if_absent(folder) is True
    first = {path.name: path.read_text() for path in folder.iterdir()}
    assert sorted(first) == [
        "kuaidi100.json", "sf_express.json", "shop-secrets.json", "wechat.json", "wechatpay.json",
    ]  # fmt: skip
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())
    assert write_if_absent(folder) is False
    assert {path.name: path.read_text() for path in folder.iterdir()} == first
    (folder / "wechat.json").unlink()
    assert write_if_absent(folder) is True
    assert json.loads((folder / "wechat.json").read_text()) != json.loads(first["wechat.json"])
