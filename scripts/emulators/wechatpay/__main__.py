"""Runs the WeChat Pay emulator: ``python -m scripts.emulators.wechatpay --port P --config F``."""

from scripts.emulators.shell import main
from scripts.emulators.wechatpay import connect
from scripts.emulators.wechatpay.notices import ANSWER_TIMEOUT_SECONDS

if __name__ == "__main__":
    main(connect, ANSWER_TIMEOUT_SECONDS)
