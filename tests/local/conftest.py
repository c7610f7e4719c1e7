"""A folder for a stack of a test's own, and servers in it that the test may kill."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ims_local.kafka import EmbeddedKafka
from ims_local.postgres import EmbeddedPostgres
from ims_local.register import Register
from ims_local.settings import LocalSettings


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder of the test's own."""
    yield from open_folder()


def open_folder() -> Iterator[Path]:
    """Open to all: as root, PostgreSQL runs as a user who must get there."""
    folder = Path(tempfile.mkdtemp(prefix="ims-local-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def kafka(home: Path) -> Iterator[EmbeddedKafka]:
    """An embedded Kafka, not yet started."""
    server = EmbeddedKafka(home, Register(home), LocalSettings())
    yield server
    server.kill()


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    """An embedded PostgreSQL; each test starts it, in case the one before has killed it."""
    for home in open_folder():
        server = EmbeddedPostgres(home, Register(home))
        yield server
        server.kill()
