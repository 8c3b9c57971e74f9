"""Runs the SF Express emulator: ``python -m scripts.emulators.sf_express --port P --config F``."""

from scripts.emulators.sf_express import connect
from scripts.emulators.shell import main

NOTHING_IS_SENT_SECONDS = 5.0

if __name__ == "__main__":
    main(connect, NOTHING_IS_SENT_SECONDS)
