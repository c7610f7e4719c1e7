"""What once broke a reader breaks none, and every sample goes the whole way, whichever reader it is given to."""

import random
from pathlib import Path

import pytest

from fuzz.whole_way import take
from ims_ingest.formats import FORMATS

SAMPLES = Path(__file__).parents[2] / "samples"
FINDS = sorted((Path(__file__).parent / "finds").iterdir())
NAMES = sorted(FORMATS)


@pytest.mark.parametrize("find", FINDS, ids=lambda path: path.name)
def test_what_broke_a_reader_once_breaks_it_no_more(find: Path) -> None:
    take(find.read_bytes(), find.name.partition("-")[0])


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_goes_the_whole_way_of_every_format(name: str) -> None:
    for path in sorted(SAMPLES.glob("*.*")):
        take(path.read_bytes(), name)


@pytest.mark.parametrize("name", NAMES)
def test_so_does_what_is_made_of_samples_by_chance(name: str) -> None:
    """A short walk without a guide; `make fuzz` walks further."""
    chance, contents = random.Random(name), [path.read_bytes()[:6000] for path in sorted(SAMPLES.glob("*.*"))]
    for _ in range(12):
        content = bytearray(chance.choice(contents))
        for _ in range(chance.randrange(1, 6)):
            at, other = chance.randrange(len(content)), chance.choice(contents)
            start = chance.randrange(len(other))
            content[at : at + chance.randrange(40)] = other[start : start + chance.randrange(60)]
        take(bytes(content), name)
