"""Packs the functions for Tencent Cloud: zips of code, and two layers that all of them share.

The limits are those of SCF's quota page: 500 MB unpacked with layers, 4 KB of environment.
"""

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "scripts" / "requirements" / "tencent.txt"
WHOLE_SHOP = "shop"
MAX_UNPACKED_BYTES = 500 * 1024 * 1024
MAX_ENVIRONMENT_BYTES = 4 * 1024
# The newest Python that SCF offers, and the glibc 2.17 of its CentOS 7.
PYTHON, PLATFORM = "3.10", "manylinux2014_x86_64"
_EPOCH = (1980, 1, 1, 0, 0, 0)


class PackageError(Exception):
    """A package that Tencent Cloud would not take; the text says why."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A function as the template deploys it.

    Attributes:
        folder: Under `functions/`.
        routes: Route keys of its HTTP events.
        timer: Whether a schedule calls it.
        variables: Names of its environment variables, those of all functions included.
    """

    folder: str
    routes: tuple[str, ...]
    timer: bool
    variables: tuple[str, ...]


def deployed(template: str) -> list[Deployed]:
    """The functions of a template that have a counterpart at Tencent: HTTP and timers.

    Args:
        template: The SAM template's text.
    """
    document = yaml.load(template, Loader=_Loader)  # noqa: S506 # nosec B506 # a SafeLoader
    shared = _variables(document["Globals"]["Function"])
    found = []
    for resource in document["Resources"].values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        properties = resource["Properties"]
        events = list(properties.get("Events", {}).values())
        routes = tuple(
            f"{one['Properties']['Method'].upper()} {one['Properties']['Path']}"
            for one in events
            if one["Type"] == "HttpApi"
        )
        timer = any(one["Type"] in {"Schedule", "ScheduleV2"} for one in events)
        if routes or timer:
            folder = str(properties["CodeUri"]).strip("/").rpartition("/")[2]
            found.append(Deployed(folder, routes, timer, (*shared, *_variables(properties))))
    return found


def package(target: Path, environment: Mapping[str, str] | None = None) -> list[Path]:
    """Write every package.

    Args:
        target: A folder; what an earlier run left there is removed.
        environment: The variables that shall be set at Tencent, to check their size.

    Returns:
        The zips: `layer-vendor`, `layer-shop`, one per function, and `shop` with all of them.

    Raises:
        PackageError: A limit of the platform is exceeded, or a wheel does not exist for it.
    """
    functions = deployed((ROOT / "template.yaml").read_text(encoding="utf-8"))
    _check_environment(functions, environment or {})
    shutil.rmtree(target, ignore_errors=True)
    vendor, shop = target / "layers" / "vendor", target / "layers" / "shop"
    _install(vendor / "python")
    _copy(ROOT / "layers" / "shop" / "shop", shop / "python" / "shop")
    groups = {one.folder: [one] for one in functions} | {WHOLE_SHOP: functions}
    zips = [_zip(vendor, target / "layer-vendor.zip"), _zip(shop, target / "layer-shop.zip")]
    shared = _size(vendor) + _size(shop)
    for name, members in groups.items():
        code = target / "functions" / name
        _write_code(code, members)
        if shared + _size(code) > MAX_UNPACKED_BYTES:
            raise PackageError(f"{name}: over 500 MB with its layers")
        zips.append(_zip(code, target / f"{name}.zip"))
    return zips


def _write_code(code: Path, members: Iterable[Deployed]) -> None:
    code.mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("index.py"), code / "index.py")
    for one in members:
        _copy(ROOT / "functions" / one.folder, code / "functions" / one.folder)
    packed = {
        "http": {one.folder: one.routes for one in members if one.routes},
        "timers": [one.folder for one in members if one.timer],
    }
    (code / "functions.json").write_text(json.dumps(packed, indent=1), encoding="utf-8")


def _check_environment(functions: Iterable[Deployed], values: Mapping[str, str]) -> None:
    known = {name for one in functions for name in one.variables}
    # The store's endpoint and credentials are botocore's own variables.
    unknown = {name for name in values if name not in known and not name.startswith("AWS_")}
    if unknown:
        raise PackageError(f"no function reads {', '.join(sorted(unknown))}")
    size = sum(len(f"{name}={value}".encode()) for name, value in values.items())
    if size > MAX_ENVIRONMENT_BYTES:
        raise PackageError(f"the environment has {size} bytes; Tencent takes 4096")


def _install(target: Path) -> None:
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes",
        "--only-binary=:all:", "--platform", PLATFORM, "--python-version", PYTHON,
        "--implementation", "cp", "--target", str(target), "-r", str(LOCK),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(done.stderr.strip()[-2_000:])


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


def _zip(folder: Path, target: Path) -> Path:
    """A zip that has the same bytes for the same content."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    return target


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _variables(properties: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(properties.get("Environment", {}).get("Variables", {}))


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short tags as their plain arguments."""


def _plain(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)  # noqa: S101 # nosec B101 # YAML has these three
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _plain)
