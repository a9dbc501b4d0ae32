# SPDX-License-Identifier: BSD-3-Clause
"""`govgo what-if`: several changes played one after another, on files whose changes stay in memory.

get M@v …        as `govgo get`, with -u, -u=patch and -t
tidy             as `govgo tidy`
drop M …         as `govgo edit -droprequire=M`, and then the graph is put in order as by `list -m -mod=mod all`
require M@v, exclude M@v, replace OLD=>NEW, with an edit likewise; also as go.mod has them: replace OLD v => NEW w
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from govgo.app.edit.edit import edit_mod, write_mod
from govgo.app.edit.flags import MOD_EDITS, read_edit
from govgo.app.get.get import GetOptions, get
from govgo.app.list.list import list_modules
from govgo.app.plan import Planner
from govgo.app.tidy import tidy
from govgo.core.modfile import parse
from govgo.core.records import NamedTuple
from govgo.core.resolution.plan import Plan, PlannedStep
from govgo.core.version import semver
from govgo.errors import UsageError
from govgo.load.buildlist.ages import check_ages
from govgo.load.session.policy import EDIT
from govgo.load.targets.open import reading
from govgo.load.targets.resolve import Resolved

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.files import PlannedFiles, Workspace

_EDITS = {"drop": "droprequire", "require": "require", "exclude": "exclude", "replace": "replace"}
"""The step and the editing flag that it stands for."""


class Step(NamedTuple):
    """A step: its text, the verb, and the words after that."""

    text: str
    verb: str
    words: tuple[str, ...]


def read_step(text: str) -> Step:
    """A step of the command line.

    Raises:
        UsageError: it is none.
    """
    import shlex

    try:
        verb, *words = shlex.split(text)
    except ValueError:
        raise UsageError(f"cannot read the step {text!r}: want get, drop, require, exclude, replace or tidy") from None
    if verb not in ("get", "tidy", *_EDITS):
        raise UsageError(f"unknown step {verb!r}: want get, drop, require, exclude, replace or tidy")
    if (verb == "tidy") == bool(words):
        raise UsageError(f"{text}: {'takes no arguments' if words else 'names no module'}")
    if verb in _EDITS:
        words = _with_versions(words)
        if verb == "replace":
            old, _, new = (part.strip() for part in " ".join(words).replace("=>", "=", 1).partition("="))
            words = [f"{old}={new}" if new else old]
        for word in words:
            read_edit(_EDITS[verb], word, MOD_EDITS)
    else:
        _get_options(words)
    return Step(text, verb, tuple(words))


def _with_versions(words: Sequence[str]) -> list[str]:
    """The words, a version that stands behind its module path joined to it: M@v for M v."""
    found: list[str] = []
    for word in words:
        if found and semver.is_valid(word):
            found[-1] += f"@{word}"
        else:
            found.append(word)
    return found


def _get_options(words: Sequence[str]) -> tuple[list[str], GetOptions]:
    options = GetOptions()
    rest: list[str] = []
    for word in words:
        match word:
            case "-u":
                options = options._replace(upgrade="upgrade")
            case "-u=patch":
                options = options._replace(upgrade="patch")
            case "-t":
                options = options._replace(load_tests=True)
            case _ if word.startswith("-"):
                raise UsageError(f"get {word}: a step takes -u, -u=patch and -t")
            case _:
                rest.append(word)
    return rest, options


def what_if(session: Session, steps: Sequence[Step], *, plan: Callable[[Workspace], PlannedFiles]) -> Plan:
    """Play `steps` one after another, and compare.

    Args:
        session: the command.
        steps: what to play.
        plan: makes files whose changes stay in memory.

    Raises:
        GovgoError: a step fails; what would come of the others then is not said. Or the build list in the end has a
            version that is too young.
    """
    planner = Planner(session, plan(session.files))
    start = state = planner.state()
    played: list[PlannedStep] = []
    requested: set[str] = set()
    for step in steps:
        before, asked = state, _play(session, planner.files, step)
        requested.update(asked)
        state = planner.state()
        tidies = step.verb == "tidy"
        played.append(PlannedStep(step.text, planner.modules(before, state, asked, follows_imports=tidies)))
    if isinstance(state, Resolved):
        state.activate()
        check_ages(state.session, state.requirements)  # get and tidy have done so; edits have not
    return planner.compared(
        "what-if",
        start,
        state,
        requested,
        follows_imports=any(step.verb == "tidy" for step in steps),
        steps=played,
    )


def _play(session: Session, files: PlannedFiles, step: Step) -> Collection[str]:
    """Do one step on `files`; the module paths that it names."""
    settings = session.settings
    if step.verb == "get":
        words, options = _get_options(step.words)
        return get(reading(session, files, settings), words, options).requested
    if step.verb == "tidy":
        tidy(reading(session, files, settings))
        return ()
    editing = reading(session, files, settings)
    editing.policy = EDIT
    edits = [read_edit(_EDITS[step.verb], word, MOD_EDITS) for word in step.words]
    edited = edit_mod(editing, edits=edits)
    if step.verb == "drop":
        stated = {each.mod.path for each in parse(edited.path, edited.before).require}
        for path in step.words:
            if path not in stated:
                session.report.note(f"drop {path}: go.mod does not require it")
    write_mod(editing, edited)
    listing = list_modules(reading(session, files, settings._replace(mod="mod", mod_explicit=True)), ["all"])
    if listing.error is not None:
        raise listing.error
    return {word.partition("=")[0].partition("@")[0].strip() for word in step.words}
