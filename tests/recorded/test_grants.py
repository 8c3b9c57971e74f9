"""The actions on the table that a function is granted are those that its deeds need.

What a deed needs is in its record, under `used`. Whether an action is on the table or on its index,
and on which keys, is not told apart here.
"""

from collections import defaultdict
from collections.abc import Mapping

import pytest
import yaml

from tests.proving.template import Function, load_template
from tests.recorded.shelves import HERE

UNRECORDED: Mapping[str, Mapping[str, str]] = {
    "catalogue": {"BatchGetItem": "a list of more than one page, read from its middle"},
    "payment_queries": {
        "GetItem": "money for an order that was closed while WeChat Pay was asked",
        "BatchGetItem": "the same, of a flash sale",
    },
    "publisher": {"DeleteItem": "a list that has a page less"},
}
"""Function to actions that no recorded deed needs, each with who needs it."""
FUNCTIONS = load_template().functions


@pytest.fixture(scope="module")
def used() -> Mapping[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in HERE.rglob("*.yaml"):
        for entry in yaml.load(path.read_text("utf-8"), yaml.CSafeLoader):
            for folder, actions in entry.get("used", {}).items():
                found[folder].update(actions)
    return found


def granted(function: Function) -> set[str]:
    statements = [one for policy in function.policies for one in policy["Statement"]]
    actions = [action for one in statements for action in one["Action"]]
    return {one.removeprefix("dynamodb:") for one in actions if one.startswith("dynamodb:")}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_what_is_granted_is_what_is_needed(name: str, used: Mapping[str, set[str]]) -> None:
    function = FUNCTIONS[name]
    unrecorded = set(UNRECORDED.get(function.folder, ()))
    assert not used[function.folder] & unrecorded, "recorded by now"
    assert granted(function) == used[function.folder] | unrecorded
