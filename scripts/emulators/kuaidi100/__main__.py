"""Runs the Kuaidi100 emulator: ``python -m scripts.emulators.kuaidi100 --port P --config F``."""

from scripts.emulators.kuaidi100 import connect
from scripts.emulators.shell import main

PUSH_TIMEOUT_SECONDS = 20.0

if __name__ == "__main__":
    main(connect, PUSH_TIMEOUT_SECONDS)
