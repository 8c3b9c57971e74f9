"""``python -m scripts.operator_cli``."""

import sys

from scripts.operator_cli.main import main

if __name__ == "__main__":
    sys.exit(main())
