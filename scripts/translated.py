"""What SAM makes of the template: `.venv-cloud/bin/python -m scripts.translated NAME=VALUE...`.

SAM adds resources and what they refer to (aliases, deployment groups, update policies), so a
circle of references may be seen in its result only. Printed as JSON; parameters that are not named
keep their defaults. Runs in the environment of the SAM tools.
"""

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

TEMPLATE = Path(__file__).resolve().parents[1] / "template.yaml"


def translated(text: str, parameters: dict[str, str]) -> dict[str, Any]:
    """The template's text as CloudFormation would get it from SAM."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    # Not at the top: the other environments have no SAM, and read this module all the same.
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.yaml_helper import yaml_parse

    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    document = yaml_parse(text)
    for resource in document["Resources"].values():
        for place in ("CodeUri", "ContentUri"):
            folder = resource.get("Properties", {}).get(place)
            if folder:
                resource["Properties"][place] = f"s3://uploaded/{folder.strip('/')}"
    for name, value in parameters.items():
        # The only answer: a linter then follows no condition that it excludes.
        document["Parameters"][name] |= {"Default": value, "AllowedValues": [value]}
    defaults = {name: spec["Default"] for name, spec in document["Parameters"].items()}
    made: dict[str, Any] = Translator({}, Parser()).translate(document, defaults)
    return made


if __name__ == "__main__":
    named = dict(one.split("=", 1) for one in sys.argv[1:])
    json.dump(translated(TEMPLATE.read_text(encoding="utf-8"), named), sys.stdout, indent=1)
