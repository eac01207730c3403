"""What the README says that the code can say better."""

from pathlib import Path

import pytest

from sublarr_tasks.settings import PREFIX, Settings

README = (Path(__file__).parents[2] / "README.md").read_text()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_the_table_with_its_default_and_meaning(name: str) -> None:
    assert settings_row(name) in README.splitlines()


def settings_row(name: str) -> str:
    field = Settings.model_fields[name]
    default = field.default
    if isinstance(default, tuple):
        default = ":".join(str(part) for part in default)
    shown = (
        "unset"
        if default is None
        else str(default).lower()
        if default in (True, False)
        else default
    )
    return f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |"
