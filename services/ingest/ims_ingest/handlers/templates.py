"""The templates of e-returns: read at the start, and shown to whoever enters one."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request

from ims_contracts.message import Council
from ims_ingest.domain.templates import Template, Templates
from ims_ingest.formats.yaml_files import FileWrong, read_yaml
from ims_ingest.handlers.publishers import Unwelcome, caller_of

router = APIRouter(prefix="/v1/e-returns", tags=["e-returns"])

SHIPPED = Path(__file__).parents[1] / "ereturn_templates"


def read_templates(folder: Path | None) -> dict[Council, Templates]:
    """Every council's templates: those that come with ingest and those of a folder, which take the place of ours of their council.
    Raises FileWrong for a file that holds none, OSError where there is no folder."""
    return read_folder(SHIPPED) | (read_folder(folder) if folder else {})


def read_folder(folder: Path) -> dict[Council, Templates]:
    if not folder.is_dir():
        raise NotADirectoryError(f"there is no folder of templates at {folder}")
    found: dict[Council, Templates] = {}
    for path in sorted(folder.glob("*.yaml")):
        templates = read_yaml(path, Templates)
        if templates.council in found:
            raise FileWrong(f"{path.name}: another file has the templates of {templates.council}")
        found[templates.council] = templates
    return found


@router.get("/templates")
async def get_templates(request: Request) -> dict[str, Any]:
    """The templates of the caller's council, each with its rows, and what may be entered otherwise than a row says."""
    templates = request.app.state.templates.get(caller_of(request).council)
    return templates.model_dump(mode="json") if templates else {"templates": []}


def template_of(request: Request, council: Council, name: str) -> Template:
    """The template of this name. Raises Unwelcome where the council has none."""
    templates: Templates | None = request.app.state.templates.get(council)
    if found := templates and templates.template(name):
        return found
    names = ", ".join(each.name for each in templates.templates[:20]) if templates else "none"
    raise Unwelcome(422, "The council has no such template; nothing was kept", f"template: there is {names}; GET /v1/e-returns/templates")
