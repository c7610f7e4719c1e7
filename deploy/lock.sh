#!/usr/bin/env bash
# Writes requirements.lock anew from every pyproject.toml: every version, with its hashes. `make lock`; add arguments for uv,
# such as --upgrade, after `deploy/lock.sh`.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=$(command -v uv || echo .uv/bin/uv)
ours=()
for name in contracts kit ingest allocation reconcile notify local; do
  ours+=(--no-emit-package "ims-$name")
done
"$uv" pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python .venv/bin/python "${ours[@]}" \
  --group dev pyproject.toml contracts/messages/pyproject.toml kit/pyproject.toml services/*/pyproject.toml \
  deploy/local/pyproject.toml -o requirements.lock "$@"
for name in uv atheris; do
  echo "$name" | "$uv" pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python .venv/bin/python \
    - -o "deploy/$name.lock" "$@"
done
