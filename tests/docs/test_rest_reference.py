"""The page on the REST API is what its script would write, and its examples work."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import rest_reference
from server.harness import TOKEN, site

PAGE = rest_reference.OUT.read_text("utf-8")


def test_the_page_is_what_the_script_writes() -> None:
    assert rest_reference.page() == PAGE, "run scripts/rest_reference.py"


def test_every_link_on_the_page_leads_to_a_heading() -> None:
    headings = {
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    }
    links = set(re.findall(r"\]\(#([^)]+)\)", PAGE))
    assert len(links) > 10
    assert links <= headings


@pytest.mark.skipif(shutil.which("curl") is None, reason="not run: the examples need curl")
def test_the_examples_work(tmp_path: Path) -> None:
    examples = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert len(examples) > 10
    with site(tmp_path / "chats.db") as here:
        talk = here.talk()
        [message] = here.say(talk, "Where do I sleep?")
        run = here.ended(here.ask(talk, "hello"))
        given = {
            "URL": f"{here.url}/api/v1",
            "TOKEN": TOKEN,
            "CONVERSATION": talk["id"],
            "MESSAGE": message["id"],
            "RUN": run["id"],
        }
        for example in examples:
            done = subprocess.run(
                ["bash", "-c", example.replace("curl ", "curl -sS --fail-with-body ", 1)],  # noqa: S607
                env={**os.environ, **given},
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
            assert done.returncode == 0, f"{example}\n{done.stdout}{done.stderr}"
            assert done.stdout
