import re
from pathlib import Path

from scripts.local import slim_layer
from scripts.local.profile import ROOT


def test_only_descriptions_of_other_services_go(tmp_path: Path) -> None:
    data = tmp_path / "VendorLayer" / "python" / "botocore" / "data"
    for service in ("dynamodb", "secretsmanager", "sns", "ec2"):
        (data / service / "2012").mkdir(parents=True)
    (data / "endpoints.json").write_text("{}")
    (tmp_path / "CartFunction").mkdir()
    assert slim_layer.slim(tmp_path) == 2
    assert sorted(each.name for each in data.iterdir()) == [
        "dynamodb",
        "endpoints.json",
        "secretsmanager",
    ]
    assert slim_layer.slim(tmp_path) == 0


def test_the_functions_speak_to_no_other_service() -> None:
    library = (ROOT / "layers" / "shop").rglob("*.py")
    code = "\n".join(file.read_text("utf-8") for file in library)
    asked = set(re.findall(r"""create_client\(\s*["']([a-z0-9-]+)["']""", code))
    assert asked <= slim_layer.SERVICES
    assert asked
