# SPDX-License-Identifier: BSD-3-Clause
# Sourced by the scripts beside it: makes .venv on first use (uv when it is there, else venv and pip), and again when
# pyproject.toml has changed or its Python is gone. Sets $root and $python. PYTHON names the Python to make it with.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python="$root/.venv/bin/python"
stamp="$root/.venv/.made-from"

# Says at once that the Python to be used is not there or too old, before anything is made.
check_python() {
    local minimum version
    if [ -z "${PYTHON:-}" ] && command -v uv >/dev/null 2>&1; then return; fi # uv finds one itself
    minimum=$(sed -n 's/^requires-python = ">=\(.*\)"$/\1/p' "$root/pyproject.toml")
    version=$("${PYTHON:-python3}" --version 2>&1) || version="not there"
    "${PYTHON:-python3}" -c "import sys; sys.exit(sys.version_info < (${minimum/./, }))" 2>/dev/null || {
        echo "govgo: Python $minimum or newer is needed, and ${PYTHON:-python3} is ${version##*: }" >&2
        echo "hint: name another one, as in PYTHON=/usr/bin/python$minimum $0" >&2
        exit 2
    }
}

made() { [ -x "$python" ] && cmp -s "$root/pyproject.toml" "$stamp"; }

make_environment() {
    echo "govgo: making .venv (once)" >&2
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --allow-existing ${PYTHON:+--python "$PYTHON"} "$root/.venv" &&
            uv pip install --quiet --python "$python" --group "$root/pyproject.toml:dev" -e "$root"
    else
        "${PYTHON:-python3}" -I -m venv $([ -x "$python" ] || echo --clear) "$root/.venv" &&
            "$python" -I -m pip install --quiet --disable-pip-version-check 'pip>=25.1' &&
            "$python" -I -m pip install --quiet --disable-pip-version-check --group "$root/pyproject.toml:dev" -e "$root" &&
            # Older Pythons add it, and it would have a hook of its own loaded at each start.
            "$python" -I -m pip uninstall -qq --yes --disable-pip-version-check setuptools
    fi >&2 || return 1
    # Where bytecode is not written on import (PYTHONDONTWRITEBYTECODE), each run would compile every file anew.
    "$python" -I -m compileall -q "$root/govgo" || return 1
    cp "$root/pyproject.toml" "$stamp"
}

if ! made; then
    check_python
    # One maker at a time: two scripts started together must not build one environment twice over.
    if command -v flock >/dev/null 2>&1; then
        exec 9>"$root/.venv.lock"
        flock 9
    fi
    made || make_environment || {
        echo "govgo: the environment could not be made" >&2
        exit 70
    }
    if command -v flock >/dev/null 2>&1; then exec 9>&-; fi
fi
