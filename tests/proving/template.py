"""The template as data, so that proofs run exactly what it deploys.

CloudFormation's short tags are read into their long forms, and the intrinsic functions that need
no cloud are worked out with the parameters' defaults; what only a deployment knows stays a name
(``Table.Arn``).
"""

import importlib
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

ROOT = Path(__file__).resolve().parents[2]
_PSEUDO = {
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "000000000000",
    "AWS::Partition": "aws",
    "AWS::StackName": "shop",
    "AWS::URLSuffix": "amazonaws.com",
}
_NO_VALUE = object()

Handler = Callable[[dict[str, Any], Any], Any]


class _Loader(yaml.CSafeLoader):
    """YAML with CloudFormation's tags."""


def _tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(cast(yaml.MappingNode, node), deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tag)


@dataclass(frozen=True)
class Event:
    """What triggers a function: its type (``HttpApi``, ``ScheduleV2``) and properties."""

    kind: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Function:
    """One function as the template deploys it, the globals merged in."""

    logical_id: str
    code_uri: str
    handler: str
    timeout: int
    memory: int
    environment: Mapping[str, str]
    events: Mapping[str, Event]
    policies: Any
    properties: Mapping[str, Any]

    @property
    def folder(self) -> str:
        """The folder of the function under ``functions/``."""
        return Path(self.code_uri).name

    @property
    def path(self) -> Path:
        """The file that holds the handler."""
        return ROOT / self.code_uri / f"{self.handler.rpartition('.')[0]}.py"

    @property
    def routes(self) -> list[str]:
        """The route keys of its HTTP events, such as ``GET /v1/products``."""
        return [
            f"{str(event.properties['Method']).upper()} {event.properties['Path']}"
            for event in self.events.values()
            if event.kind == "HttpApi"
        ]


class Template:
    """A parsed template. ``parameters`` overrides the defaults of its parameters."""

    def __init__(self, text: str, parameters: Mapping[str, Any] | None = None) -> None:
        self.document: dict[str, Any] = yaml.load(text, _Loader)
        declared = self.document.get("Parameters", {})
        self._values = {name: spec.get("Default", "") for name, spec in declared.items()}
        self._values |= {**_PSEUDO, **(parameters or {})}

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """The resolved properties of all resources of a type, by logical id."""
        return {
            name: self.resolve(resource.get("Properties", {}))
            for name, resource in self.document["Resources"].items()
            if resource["Type"] == kind and self._wanted(resource)
        }

    def _wanted(self, resource: Mapping[str, Any]) -> bool:
        return "Condition" not in resource or self.condition(resource["Condition"])

    @property
    def functions(self) -> dict[str, Function]:
        """The functions by logical id."""
        defaults = self.resolve(self.document.get("Globals", {}).get("Function", {}))
        found = {}
        for name, own in self.resources("AWS::Serverless::Function").items():
            merged = {**defaults, **own}
            variables = [
                source.get("Environment", {}).get("Variables", {}) for source in (defaults, own)
            ]
            found[name] = Function(
                logical_id=name,
                code_uri=str(merged.get("CodeUri", "")),
                handler=str(merged.get("Handler", "")),
                timeout=int(merged.get("Timeout", 3)),
                memory=int(merged.get("MemorySize", 128)),
                environment={**variables[0], **variables[1]},
                events={
                    label: Event(event["Type"], event.get("Properties", {}))
                    for label, event in merged.get("Events", {}).items()
                },
                policies=merged.get("Policies", []),
                properties=merged,
            )
        return found

    def tables(self, name: str | None = None) -> dict[str, dict[str, Any]]:
        """The tables by name; ``name`` renames the only one."""
        found = self.resources("AWS::DynamoDB::Table")
        if name is not None and len(found) == 1:
            return {name: next(iter(found.values()))}
        return {str(spec.get("TableName", label)): spec for label, spec in found.items()}

    def condition(self, name: str) -> bool:
        """Whether a named condition holds."""
        return bool(self.resolve(self.document["Conditions"][name]))

    def resolve(self, value: Any) -> Any:
        """Works out the intrinsic functions inside a value."""
        if isinstance(value, list):
            items = [self.resolve(item) for item in value]
            return [item for item in items if item is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name in _INTRINSICS:
                return _INTRINSICS[name](self, argument)
        resolved = {name: self.resolve(item) for name, item in value.items()}
        return {name: item for name, item in resolved.items() if item is not _NO_VALUE}

    def _ref(self, name: str) -> Any:
        return _NO_VALUE if name == "AWS::NoValue" else self._values.get(name, name)

    def _sub(self, argument: Any) -> str:
        text, extra = argument if isinstance(argument, list) else (argument, {})
        values = {**self._values, **{name: self.resolve(item) for name, item in extra.items()}}
        return re.sub(
            r"\$\{([^!}]+)\}", lambda found: str(values.get(found[1], found[1])), str(text)
        )

    def _if(self, argument: list[Any]) -> Any:
        name, then, otherwise = argument
        return self.resolve(then if self.condition(name) else otherwise)

    def _equals(self, argument: list[Any]) -> bool:
        left, right = (str(self.resolve(side)) for side in argument)
        return left == right

    def _join(self, argument: list[Any]) -> str:
        return str(argument[0]).join(str(part) for part in self.resolve(argument[1]))

    def _select(self, argument: list[Any]) -> Any:
        found, index = self.resolve(argument[1]), int(argument[0])
        # Parts of what only a deployment knows, such as an ARN, stay its name.
        return found[index] if index < len(found) else found[0]

    def _split(self, argument: list[Any]) -> list[str]:
        return str(self.resolve(argument[1])).split(argument[0])


_INTRINSICS: dict[str, Callable[[Template, Any], Any]] = {
    "Ref": Template._ref,
    "Condition": Template.condition,
    "Fn::Sub": Template._sub,
    "Fn::If": Template._if,
    "Fn::Equals": Template._equals,
    "Fn::Not": lambda template, argument: not template.resolve(argument[0]),
    "Fn::And": lambda template, argument: all(template.resolve(part) for part in argument),
    "Fn::Or": lambda template, argument: any(template.resolve(part) for part in argument),
    "Fn::Join": Template._join,
    "Fn::Select": Template._select,
    "Fn::Split": Template._split,
    "Fn::GetAtt": lambda _, argument: ".".join(str(part) for part in argument),
    "Fn::ImportValue": lambda template, argument: str(template.resolve(argument)),
}


def load_template(path: Path = ROOT / "template.yaml") -> Template:
    """Reads the project's template."""
    return Template(path.read_text(encoding="utf-8"))


def load_handler(folder: str) -> Handler:
    """The ``lambda_handler`` of ``functions/<folder>/app.py``."""
    module = importlib.import_module(f"functions.{folder}.app")
    handler: Handler = module.lambda_handler
    return handler


def folder_of(route: str) -> str:
    """The folder of the function that the template deploys for a route key.

    Raises:
        KeyError: no function has this route.
    """
    for function in load_template().functions.values():
        if route in function.routes:
            return function.folder
    raise KeyError(route)


def assert_deployed(handler: Handler, template: Template) -> Function:
    """Checks that a handler is one that the template deploys, and returns that function.

    Raises:
        AssertionError: no function of the template has this file and name.
    """
    loaded = {str(getattr(module, "__file__", "")): module for module in [*sys.modules.values()]}
    for function in template.functions.values():
        module = loaded.get(str(function.path.resolve()))
        # Equal and not identical: a bound method is made anew each time it is looked up.
        if module and getattr(module, function.handler.rpartition(".")[2], None) == handler:
            return function
    raise AssertionError(f"{handler}: no function of the template is deployed from this handler")
