from __future__ import annotations

from pathlib import Path

import pytest

from migrations.notes import write_revision


@pytest.fixture(scope="session")
def tomorrow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The migrations of a release that has notes: a folder for each engine."""
    directory = tmp_path_factory.mktemp("migrations")
    write_revision(directory)
    return directory
