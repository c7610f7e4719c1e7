"""Fuzz a reader with the samples as corpus, guided by what of our code each input reaches: `make fuzz SECONDS=60`.

`python fuzz_readers.py FORMAT FOLDER SECONDS` keeps in FOLDER what breaks it. Give each find a test: put it into `finds`, by its
format's name."""

import io
import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))
with atheris.instrument_imports(include=["ims_ingest", "ims_contracts"]):
    from fuzz.whole_way import take
    from ims_ingest.formats import FORMATS, Format, detect

ROOT = Path(__file__).parents[2]
EXAMPLES = (*(ROOT / "samples").iterdir(), *(ROOT / "tests" / "ingest" / "layouts").iterdir(), *(Path(__file__).parent / "finds").iterdir())
LENGTH_MAX = 20_000


def corpus_of(format_name: str) -> list[bytes]:
    """The samples that are in this format, and what broke its reader before."""
    found = [path.read_bytes()[:LENGTH_MAX] for path in EXAMPLES if path.is_file()]
    return [each for each in found if isinstance(form := detect(io.BytesIO(each)), Format) and form.name == format_name]


def main(format_name: str, folder: str, seconds: str) -> None:
    assert format_name in FORMATS, format_name
    with tempfile.TemporaryDirectory() as corpus:
        for number, content in enumerate(corpus_of(format_name)):
            (Path(corpus) / str(number)).write_bytes(content)
        options = [f"-max_total_time={seconds}", f"-max_len={LENGTH_MAX}", "-timeout=20", "-rss_limit_mb=1024", "-print_final_stats=0"]
        atheris.Setup([sys.argv[0], corpus, f"-artifact_prefix={folder}/{format_name}-", *options], lambda data: take(data, format_name))
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
