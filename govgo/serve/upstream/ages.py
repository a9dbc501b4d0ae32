# SPDX-License-Identifier: BSD-3-Clause
"""The minimum age of versions, by the dates of their .info files: what is refused, and what lists name.

A version without a date is refused, as `get -min-age` does it: upstream need only leave the date out otherwise. So a
version without a .info, which no client could choose here, is in no list.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from govgo.adapters.proxy.revinfo import parse_info
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.version import semver
from govgo.errors import Failure, is_not_found
from govgo.ports.modules import RevInfo
from govgo.serve.protocol.question import Question
from govgo.serve.upstream.errorstatus import YoungVersionError, is_refused

_LOOKED_AT = 32
"""How many of the highest versions of a list are asked for their time."""

Check = Callable[[ModuleVersion], Awaitable[object]]
"""Reads a .info and checks its time; raises what `check_time` does, and errors of a version that has none."""


def check_time(mod: ModuleVersion, info: RevInfo, min_age_s: float) -> None:
    """Raise YoungVersionError for a version that is younger, or may be."""
    if not min_age_s:
        return
    if info.time is None:
        raise YoungVersionError(f"{mod} has no date, so it may be younger than the minimum age of this proxy")
    when = info.time if info.time.tzinfo else info.time.replace(tzinfo=UTC)
    if (datetime.now(UTC) - when).total_seconds() < min_age_s:
        raise YoungVersionError(f"{mod} is younger than the minimum age of this proxy")


async def without_young(path: str, versions: Sequence[str], check: Check) -> list[str]:
    """A list whose highest versions are old enough to be chosen; lower ones are refused when they are asked for.

    Where upstream fails, whoever asks for the version gets that error.
    """
    left = list(versions)
    for version in sorted(versions, key=semver.key, reverse=True)[:_LOOKED_AT]:
        try:
            await check(ModuleVersion(path, version))
            break
        except YoungVersionError:
            left.remove(version)
        except Failure as error:
            if not is_not_found(error) and not is_refused(error):
                break
            left.remove(version)
    return left


async def old_part(question: Question, data: bytes, min_age_s: float, check: Check) -> bytes | None:
    """What the minimum age leaves of a list or @latest that is stored; None for nothing."""
    if question.kind == "list":
        versions = await without_young(question.path, data.decode().split(), check)
        return "".join(f"{version}\n" for version in versions).encode()
    info = parse_info(data)
    try:
        check_time(ModuleVersion(question.path, info.version), info, min_age_s)
    except YoungVersionError:
        return None
    return data
