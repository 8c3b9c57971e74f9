"""Runs the WeChat emulator: ``python -m scripts.emulators.wechat --port P --config F``."""

from scripts.emulators.shell import main
from scripts.emulators.wechat import connect

PUSH_TIMEOUT_SECONDS = 5.0

if __name__ == "__main__":
    main(connect, PUSH_TIMEOUT_SECONDS)
