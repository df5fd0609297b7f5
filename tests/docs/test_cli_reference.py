from __future__ import annotations

import cli_reference


def test_the_reference_of_the_command_line_is_what_the_commands_say() -> None:
    """If not, run `scripts/cli_reference.py`."""
    assert cli_reference.OUT.read_text("utf-8") == cli_reference.page()
