"""The import contracts, and the page that explains them."""

import re
from configparser import ConfigParser

from compose_file import ROOT


def contracts() -> ConfigParser:
    found = ConfigParser()
    found.read(ROOT / ".importlinter")
    return found


def floors() -> list[str]:
    return contracts()["importlinter:contract:floors"]["layers"].split("\n")[1:]


def test_the_floors_of_the_contract_are_those_of_the_architecture_page() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    block = page.partition("api | workers | beat_schedule")[2].partition("\n\n")[0]
    shown = [re.split(r"\s{2,}", line.strip())[0] for line in block.splitlines()[1:]]
    assert shown == floors()


def test_every_module_of_the_house_has_its_floor() -> None:
    contract = contracts()["importlinter:contract:floors"]
    assert contract["exhaustive"] == "True"
    named = {name.strip() for floor in floors() for name in floor.split("|")}
    house = ROOT / "sublarr_tasks"
    modules = {path.stem for path in house.glob("*.py") if path.stem != "__init__"}
    packages = {path.parent.name for path in house.glob("*/__init__.py")}
    assert named == modules | packages
