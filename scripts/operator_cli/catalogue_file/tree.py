"""YAML that remembers its lines."""

from dataclasses import dataclass
from typing import Any

import yaml

from scripts.operator_cli.catalogue_file.faults import Faults

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value and where it begins.

    Attributes:
        line: Counted from 1.
        value: A scalar, a list of cells, or cells by name.
    """

    line: int
    value: Any


def parse(text: str, faults: Faults) -> Cell | None:
    """The file's one document; None (and a fault) if it is not YAML or empty.

    Aliases are refused: a row says what it says where it stands.
    """
    try:
        if line := _first_alias(text):
            faults.add(line, "", "", "aliases (*name) are not taken; write the value out")
            return None
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                faults.add(1, "", "", "is empty")
                return None
            return _cell(loader, node, faults)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as bad:
        mark = bad.problem_mark or bad.context_mark
        faults.add(mark.line + 1 if mark else 1, "", "", f"is not YAML: {bad.problem}")
    except (yaml.YAMLError, RecursionError) as bad:
        faults.add(1, "", "", f"is not YAML: {bad}")
    return None


def _first_alias(text: str) -> int:
    events = yaml.parse(text, Loader=_Loader)
    aliases = (event for event in events if isinstance(event, yaml.AliasEvent))
    first = next(aliases, None)
    return first.start_mark.line + 1 if first and first.start_mark else 0


def _cell(loader: Any, node: yaml.Node, faults: Faults) -> Cell:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return Cell(line, [_cell(loader, item, faults) for item in node.value])
    if isinstance(node, yaml.MappingNode):
        return Cell(line, _named(loader, node, faults))
    try:
        return Cell(line, loader.construct_object(node))
    except (ValueError, OverflowError, yaml.YAMLError):
        # Looks like a time or number and is none: the reader of its field will say so.
        return Cell(line, node.value)


def _named(loader: Any, node: yaml.MappingNode, faults: Faults) -> dict[str, Cell]:
    cells: dict[str, Cell] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = key.value if isinstance(key, yaml.ScalarNode) and key.tag != MERGE else None
        if name is None:
            faults.add(line, "", "", "a name must be plain text")
        elif name in cells:
            faults.add(line, "", name, "stands twice")
        else:
            cells[name] = _cell(loader, value, faults)
    return cells
