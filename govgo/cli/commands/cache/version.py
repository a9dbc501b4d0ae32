# SPDX-License-Identifier: BSD-3-Clause
"""`govgo version`: of govgo itself, and of Go binaries."""

from __future__ import annotations

from govgo import __version__
from govgo.cli.call import current_call, reporter, show
from govgo.cli.options import argument, chdir_option, command, option
from govgo.core.typehints import Any
from govgo.core.version.goversion import REFERENCE_RELEASE
from govgo.core.version.toolchain import known_release, startup_release
from govgo.errors import UsageError


@command(usage="[-m] [-v] [-json] [file ...]")
@option("-m", "-mh", "modules", is_flag=True, help="Print the modules in each binary with their hashes, and settings.")
@option("-v", "verbose", is_flag=True, help="Name executables below directories that are no Go binaries.")
@option("-json", "as_json", is_flag=True, help="Print that as JSON; needs -m.")
@chdir_option
@argument("files")
def version(files: tuple[str, ...], modules: bool, verbose: bool, as_json: bool, **flags: Any) -> int:
    """Print the Go release that each binary was built with; without files, govgo's version.

    \b
    govgo version                    govgo's version, and the Go release whose decisions it makes
    govgo version -m bin/tool        the modules in a binary, and how it was built
    govgo version -m dist.tar.gz     the binaries in an archive, named dist.tar.gz!NAME
    govgo version -v /usr/local/bin  every Go binary below a directory

    Exit codes: 0 read, 1 a file cannot be read, or with -m is not a Go binary.
    """
    from govgo.cli.session import change_directory, environment

    change_directory(flags)
    if not files:
        _refuse_flags()
        env = environment()
        local = env.go_version or REFERENCE_RELEASE
        release = known_release(startup_release(env.gotoolchain, local), local)
        show(f"govgo version {__version__} (decides as go{release})\n")
        return 0
    if as_json and not modules:
        raise UsageError("'go version' with -json flag requires -m flag")
    return _read(files, modules=modules, verbose=verbose, as_json=as_json)


def _refuse_flags() -> None:
    """Refuse the flags that are for files; in GOFLAGS, which are for every command, they may stand."""
    from govgo.cli.session import goflags_for

    call = current_call()
    if call is None:
        return
    general = {entry.lstrip("-").partition("=")[0] for entry in goflags_for(call.path)}
    for name, value in call.flags:
        if name != "C" and name not in general and value != "false":
            raise UsageError(f"'go version' only accepts -{name} flag with arguments")


def _read(files: tuple[str, ...], *, modules: bool, verbose: bool, as_json: bool) -> int:
    from govgo.adapters.disk.executables import DiskExecutables
    from govgo.app.binaries import Binary, read_binaries
    from govgo.errors import DiskError
    from govgo.report.binaries import binary_json, binary_text

    code = 0
    for found in read_binaries(DiskExecutables(), files, verbose=verbose):
        if isinstance(found, Binary):
            show(binary_json(found.info) if as_json else binary_text(found.file, found.info, modules=modules))
            continue
        if found.is_told:
            is_missing = isinstance(found.error, DiskError)
            reporter().raw(str(found.error) if is_missing else f"{found.file}: {found.error}")
        if found.is_packed:
            reporter().note(f"{found.file} is packed; unpack it with `upx -d`")
        if found.is_named and (modules or isinstance(found.error, DiskError)):
            code = 1
    return code
