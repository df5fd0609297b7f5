from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hansard.cli.commands import reads
from hansard.cli.options import Json
from hansard.cli.rendering import print_json, print_table

if TYPE_CHECKING:
    from hansard.api.operations import Services

app = typer.Typer(help="List projects, the folders of conversations.")

Trash = Annotated[bool, typer.Option("--trash", help="List the trash instead.")]


def register(main: typer.Typer) -> None:
    main.add_typer(app, name="projects")


@app.command("list")
@reads
async def list_(services: Services, trash: Trash = False, as_json: Json = False) -> None:
    """List projects by name."""
    projects = await services.projects.list(deleted=trash)
    if as_json:
        print_json({"items": projects})
        return
    names = {project.id: project.name for project in projects}
    rows = ([p.id, p.name, names.get(p.parent_id or "", ""), p.model or ""] for p in projects)
    print_table(["id", "project", "inside", "model"], rows)
