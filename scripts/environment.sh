# SPDX-License-Identifier: BSD-3-Clause
# Sourced by the scripts beside it: makes .venv on first use (uv when it is there, else venv and pip), and again when
# pyproject.toml has changed. Sets $root and $python.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python="$root/.venv/bin/python"
stamp="$root/.venv/.made-from"

make_environment() {
    echo "govgo: making .venv (once)" >&2
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --allow-existing "$root/.venv" &&
            uv pip install --quiet --python "$python" --group "$root/pyproject.toml:dev" -e "$root"
    else
        "${PYTHON:-python3}" -m venv "$root/.venv" &&
            "$python" -m pip install --quiet --disable-pip-version-check 'pip>=25.1' &&
            "$python" -m pip install --quiet --disable-pip-version-check --group "$root/pyproject.toml:dev" -e "$root"
    fi >&2 || return 1
    # Where bytecode is not written on import (PYTHONDONTWRITEBYTECODE), each run would compile every file anew.
    "$python" -m compileall -q "$root/govgo" || return 1
    cp "$root/pyproject.toml" "$stamp"
}

if ! cmp -s "$root/pyproject.toml" "$stamp" 2>/dev/null; then
    # One maker at a time: two scripts started together must not build one environment twice over.
    if command -v flock >/dev/null 2>&1; then
        exec 9>"$root/.venv.lock"
        flock 9
    fi
    cmp -s "$root/pyproject.toml" "$stamp" 2>/dev/null || make_environment || {
        echo "govgo: the environment could not be made" >&2
        exit 70
    }
    if command -v flock >/dev/null 2>&1; then exec 9>&-; fi
fi
