#!/usr/bin/env bash
# Fuzzes each reader of files, or those that are named: `make fuzz SECONDS=60`, `deploy/fuzz.sh 60 camt053 mt940`. What breaks one is
# left in .fuzz, by its format's name. atheris is no dependency of ours: it has wheels for Linux alone, and is fetched here.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
formats=("${@:2}")
uv=$(command -v uv || echo .uv/bin/uv)
VIRTUAL_ENV=$PWD/.venv "$uv" pip install --quiet --require-hashes --only-binary :all: -r deploy/atheris.lock
mkdir -p .fuzz
if [[ ${#formats[@]} -eq 0 ]]; then
  mapfile -t formats < <(.venv/bin/python -c 'from ims_ingest.formats import FORMATS; print(*sorted(FORMATS), sep="\n")')
fi
broken=()
for format in "${formats[@]}"; do
  echo "$format"
  .venv/bin/python tests/fuzz/fuzz_readers.py "$format" .fuzz "$seconds" >".fuzz/$format.log" 2>&1 || broken+=("$format")
done
if [[ ${#broken[@]} -gt 0 ]]; then
  echo "Broken: ${broken[*]}. The logs and what broke them are in .fuzz." >&2
  exit 1
fi
