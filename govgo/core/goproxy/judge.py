# SPDX-License-Identifier: BSD-3-Clause
"""Whether the answers of proxies keep to the GOPROXY protocol, and whether they agree.

Source: the Go Modules Reference, "GOPROXY protocol", "Communicating with proxies", "Module zip files".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from govgo.core.findings import Evidence, Finding, Verdict
from govgo.core.golib.json import unmarshal
from govgo.core.golib.time import parse_rfc3339
from govgo.core.goproxy.answers import ASKED, Answer, Looked, Question, shown, versions_in
from govgo.core.goproxy.proxyfaults import kind_of, why
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import canonical_version, check, is_canonical
from govgo.core.safetext import one_line
from govgo.core.sumdb.record import parse_record
from govgo.core.version import semver
from govgo.core.version.pseudo import is_pseudo
from govgo.errors import Failure, InputError

_MOST_NAMED = 10


def judge(looked: Looked, useless: Container[str] = ()) -> Iterator[Finding]:
    """What is wrong with the answers of each proxy, then how they differ; `useless` proxies are left out."""
    given = [answer for each in looked.answers.values() for answer in each.values()]
    if not looked.module.version and all(answer.is_found or answer.is_absent for answer in given):
        text = f"{looked.module}: no proxy names a version"
        yield _finding("unknown-module", text, looked.module, (), Verdict.FINDING)
    looked = looked._replace(answers={proxy: each for proxy, each in looked.answers.items() if proxy not in useless})
    for proxy, answers in looked.answers.items():
        yield from _conformance(looked, proxy, answers)
    yield from _differences(looked)
    yield from _against_database(looked)


def newest(looked: Iterable[Answer]) -> str:
    """The highest version that lists name: a release before pre-releases; "" for none."""
    found = {v for answer in looked if answer.is_found for v in versions_in(answer.data) if is_canonical(v)}
    releases = {v for v in found if not semver.prerelease(v)}
    return max(releases or found, key=semver.key, default="")


def version_of(answer: Answer) -> str:
    """The version that an .info file or @latest names, "" where it names none."""
    try:
        return _info(answer.data)[0]
    except InputError:
        return ""


def _finding(code: str, text: str, mod: ModuleVersion, evidence: Iterable[Evidence], verdict: Verdict) -> Finding:
    return Finding(code, None, verdict, one_line(text), mod, evidence=tuple(evidence))


def _conformance(looked: Looked, proxy: str, answers: Mapping[Question, Answer]) -> Iterator[Finding]:
    mod = looked.module

    def bad(code: str, what: str, question: Question) -> Finding:
        evidence = [Evidence(proxy, "", shown(question, answers[question]))]
        return _finding(code, f"{mod}: {proxy}: {what}", mod, evidence, Verdict.FINDING)

    for question, answer in answers.items():
        if question is Question.ABSENT:
            if answer.is_found:
                yield bad("absent-served", "has an answer for a version that does not exist", question)
            elif answer.status and not answer.is_absent:
                yield bad("absent-status", "does not say 404 or 410 of a version that there is not", question)
        if not answer.is_found and not answer.is_absent and (not answer.status or question is not Question.ABSENT):
            kind = kind_of(answer)
            assert kind is not None
            evidence = [Evidence(proxy, "", shown(question, answer))]
            text = f"{mod}: {proxy}: {ASKED[question]}: {answer.fault}"
            found = _finding(kind.code, text, mod, evidence, kind.verdict)
            yield found._replace(reason=f"{proxy}: {kind.text}: {why(answer)}", remedy=kind.remedy)
        if not answer.is_found:
            continue
        match question:
            case Question.LIST:
                for code, what in _list_faults(mod.path, versions_in(answer.data)):
                    yield bad(code, what, question)
            case Question.INFO | Question.LATEST:
                wanted = mod.version if question is Question.INFO else ""
                for what in _info_faults(mod.path, wanted, answer.data):
                    yield bad("info-malformed", f"{ASKED[question]}: {what}", question)
            case Question.ZIP if answer.fault:
                yield bad("zip-malformed", answer.fault, question)
            case Question.LOOKUP:
                try:
                    parse_record(answer.data)
                except Failure as error:
                    yield bad("lookup-malformed", str(error), question)


def _list_faults(path: str, versions: list[str]) -> Iterator[tuple[str, str]]:
    """(code, text) of what is wrong with a version list, each kind once."""
    wrong: list[str] = []
    for version in versions:
        try:
            if version != canonical_version(version):
                raise InputError
            check(path, version)
        except Failure:
            wrong.append(version)
    twice = [version for version, count in Counter(versions).items() if count > 1]
    pseudo = [version for version in versions if is_pseudo(version)]
    if wrong:
        yield "list-malformed", f"the list has lines that are not versions of the module: {_named(wrong)}"
    if pseudo:
        yield "list-pseudo", f"the list has pseudo-versions: {_named(pseudo)}"
    if twice:
        yield "list-duplicate", f"the list has versions twice: {_named(twice)}"


def _info(data: bytes) -> tuple[str, str]:
    """Version and time as an .info file has them.

    Raises:
        InputError: it is none.
    """
    value = unmarshal(data)
    if not isinstance(value, dict):
        raise InputError("no JSON object")
    version, time = value.get("Version"), value.get("Time")
    if not isinstance(version, str) or not version:
        raise InputError("no Version")
    if time is None:
        return version, ""
    if not isinstance(time, str):
        raise InputError("the Time is not a string")
    parse_rfc3339(time)
    return version, time


def _info_faults(path: str, wanted: str, data: bytes) -> Iterator[str]:
    try:
        version, _ = _info(data)
    except InputError as error:
        yield str(error)
        return
    if version != canonical_version(version):
        yield f"Version {version} is not canonical"
    elif wanted and version != wanted:
        yield f"Version {version} in place of {wanted}"
    else:
        try:
            check(path, version)
        except Failure as error:
            yield str(error)


def _differences(looked: Looked) -> Iterator[Finding]:
    """How answers differ from that of the first proxy that has one, and who has none."""
    for question in Question:
        given = {proxy: each[question] for proxy, each in looked.answers.items() if question in each}
        found = [(proxy, answer) for proxy, answer in given.items() if answer.is_found]
        if not found or question is Question.ABSENT:
            continue
        first = found[0]
        absent = [(proxy, answer) for proxy, answer in given.items() if answer.is_absent]
        for each in absent:
            # A proxy need not have these.
            is_optional = question in (Question.LATEST, Question.LOOKUP)
            verdict = Verdict.PASSED if is_optional else Verdict.FINDING
            text = f"{each[0]} says that there is no {ASKED[question]}, and {first[0]} has it"
            yield _pair("not-everywhere", looked, question, text, first, each, verdict)
        for each in found[1:]:
            difference = _COMPARED[question](first[1], each[1])
            if difference is not None:
                code, what, verdict = difference
                yield _pair(code, looked, question, f"{first[0]} and {each[0]}: {what}", first, each, verdict)


def _pair(
    code: str,
    looked: Looked,
    question: Question,
    text: str,
    first: tuple[str, Answer],
    second: tuple[str, Answer],
    verdict: Verdict,
) -> Finding:
    evidence = [Evidence(proxy, answer.h1, shown(question, answer)) for proxy, answer in (first, second)]
    return _finding(code, f"{looked.module}: {text}", looked.module, evidence, verdict)


_Difference = tuple[str, str, Verdict] | None


def _lists(first: Answer, second: Answer) -> _Difference:
    ours, theirs = set(versions_in(first.data)), set(versions_in(second.data))
    if ours == theirs:
        return None
    parts = [
        f"only the {which} lists {_named(sorted(only, key=semver.key))}"
        for which, only in (("first", ours - theirs), ("second", theirs - ours))
        if only
    ]
    return "list-differs", "; ".join(parts), Verdict.FINDING


def _latest(first: Answer, second: Answer) -> _Difference:
    ours, theirs = version_of(first), version_of(second)
    return None if ours == theirs else ("latest-differs", f"the latest is {ours} or {theirs}", Verdict.FINDING)


def _infos(first: Answer, second: Answer) -> _Difference:
    try:
        ours, theirs = _info(first.data), _info(second.data)
        same = ours[0] == theirs[0] and _moment(ours[1]) == _moment(theirs[1])
    except InputError:
        return None  # reported as malformed
    if same:
        return None
    return "info-differs", f"{' '.join(ours).rstrip()} or {' '.join(theirs).rstrip()}", Verdict.FINDING


def _moment(text: str) -> object:
    return parse_rfc3339(text) if text else None


def _mods(first: Answer, second: Answer) -> _Difference:
    if first.data == second.data:
        return None
    return "mod-differs", "the go.mod files differ", Verdict.FINDING


def _zips(first: Answer, second: Answer) -> _Difference:
    if first.sha256 == second.sha256 or first.fault or second.fault:
        return None  # a zip with a fault has no hash to compare
    if first.h1 != second.h1:
        return "zip-differs", "the zips have different files", Verdict.FINDING
    return "zip-bytes-differ", "the zips have the same files in other bytes", Verdict.PASSED


def _lookups(first: Answer, second: Answer) -> _Difference:
    try:
        ours, theirs = parse_record(first.data), parse_record(second.data)
    except Failure:
        return None  # reported as malformed
    if (ours.number, ours.text) == (theirs.number, theirs.text):
        return None  # the tree heads may be of different days
    return "lookup-differs", "the records of the checksum database differ", Verdict.CONTRADICTION


_COMPARED: Mapping[Question, Callable[[Answer, Answer], _Difference]] = {
    Question.LIST: _lists,
    Question.LATEST: _latest,
    Question.INFO: _infos,
    Question.MOD: _mods,
    Question.ZIP: _zips,
    Question.LOOKUP: _lookups,
}


def _against_database(looked: Looked) -> Iterator[Finding]:
    """What contradicts the checksum database. A go.mod and a zip are judged each by its own line."""
    for question, proved in zip((Question.ZIP, Question.MOD), looked.proved, strict=True):
        for proxy, answers in looked.answers.items():
            answer = answers.get(question)
            if proved and answer is not None and answer.h1 and answer.h1 != proved:
                evidence = [
                    Evidence("checksum database", proved),
                    Evidence(proxy, answer.h1, shown(question, answer)),
                ]
                noun = "zip" if question is Question.ZIP else "go.mod"
                text = f"{looked.module}: {proxy}: the {noun} is not the one that the checksum database has recorded"
                yield _finding("database-mismatch", text, looked.module, evidence, Verdict.CONTRADICTION)


def _named(versions: Iterable[str]) -> str:
    names = [one_line(version[:60]) for version in versions]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
