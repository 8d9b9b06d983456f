"""Size and opening time of reports of 100, 1,000 and 10,000 documents, in headless Chromium.

To run it: ``python tests/benchmarks/report_size.py [CHARACTERS]``, the length of each text (3,000 unless given). Times
are Chromium's own: until the page is parsed, and until its table can be used.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from structgen.batch.row import Row, RowStatus
from structgen.core.options import Mode, Risk
from structgen.core.records import Completion, Message, Request, Usage
from structgen.core.results import Repair
from structgen.ground import locate
from structgen.report.reported import Reported, ReportFacts, exchange
from structgen.report.run_report import report_html
from structgen.report.view import View

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
SYLLABLES = ["ba", "ke", "lo", "mi", "nu", "pa", "re", "so", "ti", "va", "zo", "du", "fe", "gi", "ho", "ly"]
TIMES = """() => [performance.getEntriesByType("navigation")[0].domInteractive,
    performance.getEntriesByName("structgen-ready")[0].startTime]"""
PROMPT = (
    "Extract the data from this document and answer in JSON, with the fields name, serves, price, chef and tags. " * 8
)


def words(source: random.Random, number: int) -> str:
    """Words of a language that repeats itself about as much as English does."""
    return " ".join("".join(source.choices(SYLLABLES, k=source.randint(1, 4))) for _ in range(number))


def document(number: int, length: int) -> Reported:
    """Return a document with five fields, one of them unsupported, and one request."""
    source = random.Random(number)
    name = words(source, 3).title()
    value: Any = {"name": name, "serves": source.randint(1, 20), "price": source.randint(100, 9999) / 100}
    value |= {"chef": words(source, 2), "tags": words(source, 4).split()}
    text = f"{name}\n\nServes {value['serves']}. {words(source, length // 6)}\nPrice: {value['price']}\n"
    text += f"Tags: {', '.join(value['tags'])}\n"
    usage = Usage(length // 4 + 200, 60, None, None, 1)
    evidence = locate(value, text)
    repairs = (Repair("number_text", "/serves", str(value["serves"]), value["serves"], Risk.INTERPRETIVE),)
    row = Row(f"{number}.txt", f"notes/{number}.txt", RowStatus.OK, value, evidence, repairs, usage=usage, cost=0.0001)
    request = Request(
        "groq", "a-model", (Message("system", PROMPT), Message("user", text)), Mode.JSON, {}, document=text
    )
    response = Completion(json.dumps(value), "stop", usage, "a-model", seconds=source.random())
    view = View(value, evidence=evidence, repairs=repairs, usage=usage, cost=0.0001, model="a-model")
    return Reported(
        row.id, row.source, "ok", view, row.to_json(), value, text, "", (exchange(request, response),), response.seconds
    )


def main() -> None:
    """Print a line for each number of documents."""
    length = int(sys.argv[1]) if len(sys.argv) > 1 else 3_000
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for number in (100, 1_000, 10_000):
            documents = [document(at, length) for at in range(number)]
            path = Path(folder) / f"{number}.html"
            before = time.process_time()
            path.write_text(report_html(ReportFacts("Benchmark"), documents), "utf-8")
            spent = time.process_time() - before
            page = browser.new_page()
            page.goto(path.as_uri())
            page.wait_for_selector("html[data-ready]")
            parsed, ready = page.evaluate(TIMES)
            cut = page.locator(".notice").all_inner_texts()
            page.close()
            size = path.stat().st_size / 1e6
            print(
                f"{number:>6,} documents of {length:,} characters: {size:.2f} MB, made in {spent:.1f} s of CPU; "
                f"parsed after {parsed:.0f} ms, usable after {ready:.0f} ms. {' '.join(cut)}"
            )
        browser.close()


if __name__ == "__main__":
    main()
