import pytest

from scripts.drills.conversation import Question
from scripts.drills.deployment import Lines, answers, built_here
from scripts.local.deploy import machine_parameters
from scripts.local.profile import ROOT


def test_the_readme_says_how_to_deploy_update_and_delete() -> None:
    lines = Lines((ROOT / "README.md").read_text("utf-8"))
    assert lines.deploy == "sam build && sam deploy --guided"
    assert lines.update.startswith("sam build && sam deploy --parameter-overrides ")
    assert lines.delete == "sam delete"


def test_a_readme_without_the_lines_is_no_drill() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        Lines("# Shop\n\n## Deploy\n\n```sh\nsam build\n```\n")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Parameter AlarmMail", "a@example.com"),
        ("Parameter ReceiptDays", ""),
        ("Stack Name", "yunpu"),
        ("Deploy this changeset?", "y"),
        ("Are you sure you want to delete the stack yunpu in the region cn-north-1 ?", "y"),
        # Whoever is asked this has a template that must say so itself.
        ("LoginFunction has no authentication. Is this okay?", ""),
    ],
)
def test_only_what_differs_from_the_default_is_said(text: str, answer: str) -> None:
    assert answers({"AlarmMail": "a@example.com"}, Question(text, "x")) == answer


def test_a_line_builds_for_the_machine_it_is_typed_on() -> None:
    built, then, deployed = built_here("sam build && sam deploy --guided").partition(" && ")
    assert (then, deployed) == (" && ", "sam deploy --guided")
    assert built == "sam build --parameter-overrides " + " ".join(
        f"{name}={value}" for name, value in machine_parameters().items()
    )
