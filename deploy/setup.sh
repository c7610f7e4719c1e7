#!/usr/bin/env bash
# Makes .venv with every locked dependency and our own distributions: `make setup`. Does nothing when nothing has changed.
#
# Needs a Python of at least 3.12 (set PYTHON to name one) and a package index. uv is used where it is installed; otherwise
# it is fetched, by its own lock file, into .uv.
set -euo pipefail
cd "$(dirname "$0")/.."

OURS=(contracts/messages kit services/ingest services/allocation services/reconcile services/notify deploy/local)
STAMP=.venv/set-up

say() { printf '%s\n' "$*" >&2; }
fail() { say "make setup: $*"; exit 1; }

# A name on the PATH proves nothing: it may be a shim for a Python that is not there. So it is run.
is_new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

find_python() {
  local candidate
  if [[ -n "${PYTHON:-}" ]]; then
    is_new_enough "$PYTHON" || fail "PYTHON is $PYTHON, which is not a working Python 3.12 or later."
    command -v "$PYTHON"
    return
  fi
  for candidate in python3.14 python3.13 python3.12 python3 python ~/.pyenv/versions/3.1[2-9]*/bin/python /usr/local/bin/python3 /usr/bin/python3; do
    if is_new_enough "$candidate"; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  fail "no Python 3.12 or later was found. Install one, or name it: make setup PYTHON=/path/to/python3.12"
}

find_uv() {
  local candidate
  for candidate in "$(command -v uv || true)" .uv/bin/uv; do
    if [[ -n "$candidate" ]] && "$candidate" --version >/dev/null 2>&1; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  fetch_uv "$1"
  printf '%s\n' .uv/bin/uv
}

# Debian's Python comes without ensurepip; where it has pip all the same, that does.
fetch_uv() {
  local python=$1
  say "Fetching uv into .uv"
  rm -rf .uv
  if "$python" -m venv .uv >/dev/null 2>&1; then
    .uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/uv.lock >&2
  elif "$python" -m pip --version >/dev/null 2>&1; then
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes --target .uv -r deploy/uv.lock >&2
  else
    fail "$python has neither venv nor pip. Install them (on Debian and Ubuntu: apt install python3-venv) or install uv."
  fi
  echo '*' >.uv/.gitignore
}

fingerprint() {
  cat requirements.lock deploy/uv.lock deploy/setup.sh $(printf '%s/pyproject.toml ' "${OURS[@]}") | cksum
  .venv/bin/python -c 'import sys; print(sys.version)' 2>/dev/null
}

main() {
  if [[ -f $STAMP ]] && cmp -s <(fingerprint) "$STAMP" && is_new_enough .venv/bin/python; then
    return
  fi
  local python uv
  python=$(find_python)
  uv=$(find_uv "$python")
  say "Setting up .venv with $("$python" --version)"
  is_new_enough .venv/bin/python || "$uv" venv --quiet --no-config --clear --python "$python" .venv
  export VIRTUAL_ENV=$PWD/.venv
  # Compiled now, once: every command and every service would otherwise spend seconds on it where nobody may write it later.
  "$uv" pip sync --quiet --require-hashes --compile-bytecode requirements.lock
  "$uv" pip install --quiet --no-deps --no-build-isolation $(printf -- '--editable %s ' "${OURS[@]}")
  .venv/bin/ims --help >/dev/null || fail "the ims command does not start. Please report this."
  fingerprint >"$STAMP"
}

main
