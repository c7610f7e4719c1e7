"""`ims-contracts` stands alone: whoever replaces a service needs it and pydantic, and nothing else."""

import subprocess
import sys
import tomllib

from golden import CONTRACTS

# Imports everything but the client in a process where only the standard library, pydantic and what pydantic itself needs can be found.
ALONE = """
import importlib.abc, pkgutil, sys

ALLOWED = {"ims_contracts", "pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection"}

class OnlyPydantic(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        first = name.partition(".")[0]
        if first not in ALLOWED and first not in sys.stdlib_module_names and not first.startswith("_sysconfigdata"):
            raise ImportError(f"ims-contracts imports {name}")

sys.meta_path.insert(0, OnlyPydantic())
import ims_contracts
for module in pkgutil.iter_modules(ims_contracts.__path__, "ims_contracts."):
    if module.name != "ims_contracts.client":
        __import__(module.name)
from ims_contracts.documents import documents
documents()
"""


def test_the_contracts_import_nothing_but_pydantic() -> None:
    finished = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, timeout=60)

    assert finished.returncode == 0, finished.stderr


def test_the_contracts_ask_for_nothing_but_pydantic() -> None:
    project = tomllib.loads((CONTRACTS / "messages" / "pyproject.toml").read_text())["project"]

    assert [requirement.partition(">")[0] for requirement in project["dependencies"]] == ["pydantic"]


def test_only_the_client_asks_for_more() -> None:
    project = tomllib.loads((CONTRACTS / "messages" / "pyproject.toml").read_text())["project"]

    extras = {name: [requirement.partition(">")[0] for requirement in asked] for name, asked in project["optional-dependencies"].items()}
    assert extras == {"client": ["aiokafka", "httpx"]}
