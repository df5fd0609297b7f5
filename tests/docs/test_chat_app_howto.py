"""The how-to for the chat app: every label it names, in italics, is a text of the app."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "howto" / "chat-app.md").read_text("utf-8")


def test_every_label_is_a_text_of_the_app() -> None:
    files = (ROOT / "web" / "src" / "i18n" / "en").glob("*.ts")
    texts = {text for file in files for text in re.findall(r': "([^"]+)"', file.read_text("utf-8"))}
    labels = {" ".join(label.split()) for label in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", PAGE)}
    assert len(labels) > 5
    assert labels - texts == set()
