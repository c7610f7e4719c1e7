"""`python -m ims_contracts.write contracts`: writes the committed documents; with `--release 0.2` also freezes a release's schemas."""

import argparse
import json
import shutil
from pathlib import Path

from ims_contracts.catalogue import MESSAGES
from ims_contracts.documents import Document, documents, json_schema


def text(document: Document) -> str:
    """A document as it is committed: in the order of its model, one value a line, so that a difference reads well."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    """Replace `schemas` in the folder by the documents of the contract as it is now."""
    shutil.rmtree(folder / "schemas", ignore_errors=True)
    for path, document in documents().items():
        target = folder / "schemas" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text(document), encoding="utf-8")


def release(folder: Path, version: str) -> None:
    """Freeze the schemas of a release in `released`. What was once released is never written again: `FileExistsError`."""
    schemas = {type: json_schema(message) for type, message in MESSAGES.items()}
    target = folder / "released" / f"{version}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("x", encoding="utf-8") as file:
        file.write(text(schemas))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m ims_contracts.write", description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder `contracts`")
    parser.add_argument("--release", metavar="VERSION", help="freeze the schemas as those of this release")
    arguments = parser.parse_args()
    write(arguments.folder)
    if arguments.release:
        release(arguments.folder, arguments.release)


if __name__ == "__main__":
    main()
