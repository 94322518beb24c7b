"""The files that pages load: small, complete, and all our own."""

import re
from pathlib import Path

import pytest
from django.conf import settings

STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
DRAWN = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))


def test_the_style_sheet_stays_small() -> None:
    assert (STATIC / "css" / "dailies.css").stat().st_size < 35_000


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.name))
def test_every_icon_of_a_template_is_drawn(template: Path) -> None:
    named = re.findall(r'{% icon(?:_url)? "([\w-]+)"', template.read_text())
    assert set(named) - {"k-"} <= DRAWN


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.name))
def test_every_file_of_a_template_exists(template: Path) -> None:
    for name in re.findall(r'{% static "([^"]+)"', template.read_text()):
        assert (STATIC / name).is_file(), name


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.name))
def test_a_script_does_one_thing_with_files_that_exist(script: Path) -> None:
    text = script.read_text()
    assert len(text.splitlines()) < 100
    assert text.strip()
    for name in re.findall(r'(?:from|^import) "([^"]+)"', text, re.MULTILINE):
        assert (script.parent / name).resolve().is_file(), name


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.name))
def test_a_script_imports_what_is_exported(script: Path) -> None:
    for names, file in re.findall(r'^import \{([^}]+)\} from "(\./[^"]+)"', script.read_text(), re.MULTILINE):
        exported = re.findall(
            r"^export (?:async )?(?:function|class|const|let) (\w+)",
            (STATIC / "js" / file).read_text(),
            re.MULTILINE,
        )
        assert {name.split()[0] for name in names.split(",") if name.strip()} <= set(exported), file


def test_every_vendored_library_brings_its_licence() -> None:
    for folder in (STATIC / "vendor").iterdir():
        assert (folder / "LICENSE").is_file(), folder.name
