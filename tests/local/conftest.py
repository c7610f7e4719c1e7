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


@pytest.fixture
def postgres(home: Path) -> Iterator[EmbeddedPostgres]:
    """An embedded PostgreSQL, not yet started."""
    server = EmbeddedPostgres(home, Register(home))
    yield server
    server.kill()
