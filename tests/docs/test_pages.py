"""All code of the README and of the pages in docs/ runs as it stands there, and its output is what the page shows."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from structgen.testing import Emulator
from tests.docs.page_blocks import blocks, indented_code
from tests.docs.page_runner import COMMANDS, OPTIONS, ROOT, PageRunner, check_names

GENERATED = {"commands.md"}
SITE_ALONE = {
    "index.md",
    "api.md",
    *(f"api-{name}.md" for name in ["batch", "daft", "evaluate", "frames", "instructor", "testing"]),
}
PAGES = [ROOT / "README.md", *sorted(set((ROOT / "docs").glob("*.md")) - {ROOT / "docs" / name for name in GENERATED})]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of a page: the samples of the repository, and texts/ with recipes."""
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    (tmp_path / "texts").mkdir()
    for text in ("tortilla.txt", "apple-crumble.txt", "grandmothers-soup.txt"):
        shutil.copy(ROOT / "notebooks" / "samples" / "recipes" / text, tmp_path / "texts")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_a_page_does_what_the_page_says(page: Path, folder: Path, groq_emulator: Emulator) -> None:
    runner = PageRunner(page, groq_emulator)
    for block in blocks(page):
        runner.run(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_code_is_hidden_from_the_tests_by_indentation(page: Path) -> None:
    assert indented_code(page) == []


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and the site make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


LINKS = [
    (page, link) for page in PAGES for link in dict.fromkeys(re.findall(r"\]\(([^)\s:]+)\)", page.read_text("utf-8")))
]


@pytest.mark.parametrize(("page", "link"), LINKS, ids=lambda part: getattr(part, "stem", part))
def test_every_link_between_pages_leads_somewhere(page: Path, link: str) -> None:
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    assert target.exists()
    if anchor:
        headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
        assert anchor in [slug(heading) for heading in headings]


def test_the_readme_is_a_front_door() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) <= 150
    assert {page.name for page in PAGES[1:]} - SITE_ALONE == set(
        re.findall(r"docs/([\w-]+\.md)", "\n".join(lines))
    ) - GENERATED


def inline_code(page: Path) -> list[str]:
    """The code within the lines of a page."""
    return re.findall(
        r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_names_commands_and_options_within_lines_exist(page: Path) -> None:
    # --into is an option of the magic
    for code in (code for code in inline_code(page) if not code.startswith(("tests/", "python "))):
        check_names(code, page.name)
        named = re.match(r"structgen ([a-z]+)( [a-z]+)?\b", code)
        assert not named or named[1] in COMMANDS, code
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]\b(?!-)", code):
            assert option in OPTIONS | {"--into"}, f"{page.name}: no command takes {option}"


def test_every_option_and_command_is_on_the_page_of_commands() -> None:
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert [option for option in OPTIONS - {"--help"} if option not in text] == []
    assert [name for name in COMMANDS if f"## structgen {name}\n" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_headings_go_down_one_level_at_a_time(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    levels = [len(found) for found in re.findall(r"^(#+) ", text, re.MULTILINE)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
