"""Where the running shop and its providers are: the file that ``scripts.local`` writes."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Site:
    """One running shop.

    Attributes:
        file: The file this was read from; ``shopctl`` reads it, too.
        base_url: Where ``/v1/...`` is appended to.
        appid: The mini-program's id.
        merchant_public_key_pem: Checks payment parameters.
        wechat, wechatpay, kuaidi100: Base addresses of the providers' emulators.
        pay_window_seconds: How long an ordinary order waits for its payment.
        flash_pay_window_seconds: The same for a flash sale's order.
    """

    file: Path
    base_url: str
    appid: str
    merchant_public_key_pem: str
    wechat: str
    wechatpay: str
    kuaidi100: str
    pay_window_seconds: int
    flash_pay_window_seconds: int

    @classmethod
    def read(cls, file: Path) -> "Site":
        """Reads the file.

        Raises:
            KeyError: A name is missing.
            OSError: The file cannot be read.
            ValueError: It is not JSON.
        """
        plain = json.loads(file.read_text("utf-8"))
        emulators = plain["emulators"]
        return cls(
            file=file,
            base_url=plain["base_url"],
            appid=plain["appid"],
            merchant_public_key_pem=plain["merchant_public_key_pem"],
            wechat=emulators["wechat"],
            wechatpay=emulators["wechatpay"],
            kuaidi100=emulators["kuaidi100"],
            pay_window_seconds=int(plain["pay_window_seconds"]),
            flash_pay_window_seconds=int(plain["flash_pay_window_seconds"]),
        )
