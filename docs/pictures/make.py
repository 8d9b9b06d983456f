"""Make the pictures of the documentation again: python docs/pictures/make.py. Needs structgen[dev] and Chromium.

``terminal.svg`` is a real run of the command with the rules. ``report.webp`` and ``report-document.webp`` are from the
report of a real run on the emulator, which answers like the rules.
"""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from io import BytesIO, StringIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from structgen.testing import Emulator

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SAMPLES = ROOT / "notebooks" / "samples"
COLUMNS = 88
TEXT = "notebooks/samples/receipts/diner.txt"
FIELDS = "date date, subtotal float, tip float, total float"


def environment(**more: str) -> dict[str, str]:
    """The environment of a command: no key and no setting of the person who makes the pictures."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("STRUCTGEN_", "GROQ_"))}
    return ours | {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "PYTHONPATH": str(ROOT)} | more


def in_a_terminal(words: list[str]) -> str:
    """Return what the command writes to a terminal, with its colours."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "structgen", *words]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    written = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not piece:
            break
        written += piece
    os.close(leader)
    process.wait()
    return written.decode().replace("\r\n", "\n")


def draw_terminal(target: Path) -> None:
    """Draw the command and its output."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), color_system="truecolor", force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), (f'structgen extract --fields "{FIELDS}" \\', "bold")))
    console.print(Text(f"    {TEXT} --model rules --show", "bold"))
    words = ["extract", "--fields", FIELDS, TEXT, "--model", "rules", "--no-store", "--show"]
    console.print(Text.from_ansi(in_a_terminal(words).rstrip()), no_wrap=True, crop=True)
    drawn = console.export_svg(title="structgen", theme=DIMMED_MONOKAI, unique_id="structgen")
    # Rich names a font on another host; the reader's own one does.
    target.write_text(re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL), "utf-8")


def draw_report(overview: Path, document: Path) -> None:
    """Draw the report of a run, and one of its documents."""
    with tempfile.TemporaryDirectory() as folder, Emulator() as emulator, sync_playwright() as playwright:
        here = {"GROQ_API_KEY": emulator.api_key, "GROQ_BASE_URL": emulator.base_url}
        shutil.copytree(SAMPLES / "receipts", Path(folder) / "receipts")
        for words in (
            ["extract", "receipt", "receipts/", "-o", "receipts.jsonl", "--allow-incomplete"],
            ["report", "1", "-o", "report.html"],
        ):
            command = [sys.executable, "-m", "structgen", *words]
            subprocess.run(command, cwd=folder, env=environment(**here), check=True, capture_output=True)
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 760})
        page.goto((Path(folder) / "report.html").as_uri())
        page.locator("#table tbody tr").first.wait_for()
        save(page.screenshot(), overview)
        page.locator("#table tbody tr", has_text="diner").first.get_by_role("link").first.click()
        page.locator("#shown").wait_for()
        save(page.screenshot(), document)
        browser.close()


def save(screenshot: bytes, target: Path) -> None:
    """Write a picture, as small as it can be read."""
    Image.open(BytesIO(screenshot)).save(target, quality=80, method=6)


if __name__ == "__main__":
    draw_terminal(HERE / "terminal.svg")
    draw_report(HERE / "report.webp", HERE / "report-document.webp")
