# SPDX-License-Identifier: BSD-3-Clause
"""The pages of a registry: whole without a program, readable in any width, by ear, and on paper.

What strangers wrote (paths, versions, reasons, names of files and of advisories) is text, through `report.html.text`.
A colour says nothing that a word beside it does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import govgo
from govgo.core.licenses.texts import LICENSE, LegalText
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.registry.facts import (
    PROVED,
    REFUSED,
    UNCHECKED,
    UNCOVERED,
    AdvisoryState,
    LogCheck,
    ModuleRow,
    Requirer,
    VersionRow,
)
from govgo.core.registry.pages import (
    HomePage,
    ImportsPage,
    ListPage,
    ModulePage,
    Page,
    RequirersPage,
    Standing,
    VersionPage,
)
from govgo.core.registry.scorecard import NO, POINTS, UNKNOWN, YES
from govgo.core.version import semver
from govgo.core.version.pseudo import is_pseudo
from govgo.report.age import age
from govgo.report.html import Html, joined, table, text
from govgo.report.registry.style import sheet_name
from govgo.report.words import amount, many

_MARKS = {YES: ("good", "✓"), NO: ("bad", "✗"), UNKNOWN: ("unsure", "?")}
_LOG_MARKS = {PROVED: YES, REFUSED: NO, UNCHECKED: UNKNOWN}
_API = "/api/1/modules"


def page_html(page: Page) -> str:
    """One page of a registry, whole."""
    if isinstance(page, HomePage):
        return _frame(page.standing, "", "", _home(page), _API)
    if isinstance(page, ListPage):
        title = f"Search: {page.query}" if page.query else "All modules"
        return _frame(page.standing, title, page.query, _list(page), f"{_API}?{urlencode({'q': page.query})}")
    if isinstance(page, ModulePage):
        return _frame(page.standing, page.module.path, "", _module(page), f"{_API}/{_url(page.module.path)}")
    if isinstance(page, VersionPage):
        mod = page.facts.mod
        return _frame(page.standing, f"{mod.path} {mod.version}", "", _version(page), f"{_API}/{_url(_at(mod))}")
    if isinstance(page, RequirersPage):
        document = f"{_API}/{_url(page.path)}/requiredby"
        return _frame(page.standing, f"Required by: {page.path}", "", _requirers(page), document)
    return _frame(page.standing, f"Imported: {page.path}", "", _imports(page), f"{_API}/{_url(page.path)}/importedby")


def failure_page(standing: Standing, error: Exception) -> str:
    """A page that says why there is no other."""
    said = str(error).partition("\n")[0].removeprefix("not found: ")
    return _frame(standing, "Not here", "", [Html(f"<h1>Not here</h1>\n<p>{text(said)}</p>\n{_all_modules()}")], "")


# The frame.


def _frame(standing: Standing, title: str, query: str, body: Iterable[Html], document: str) -> str:
    name = f"{title} · {standing.title}" if title else standing.title
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(name)}</title>\n"
        f'<link rel="stylesheet" href="/static/{sheet_name()}">\n<link rel="icon" href="data:,">\n</head>\n<body>\n'
        '<a class="skip" href="#main">Skip to content</a>\n'
        f'<header>\n<a class="site" href="/">{text(standing.title)}</a>\n'
        '<form role="search" action="/search">\n<label class="unseen" for="q">Search modules</label>\n'
        f'<input type="search" id="q" name="q" value="{text(query)}" placeholder="Search modules" maxlength="200">\n'
        "<button>Search</button>\n</form>\n</header>\n"
        f'<main id="main" tabindex="-1">\n{joined(_under_way(standing))}{joined(body)}</main>\n'
        f"<footer>\n<p>{joined(_footer(standing, document))}</p>\n</footer>\n</body>\n</html>\n"
    )


def _under_way(standing: Standing) -> Iterator[Html]:
    if not standing.as_of:
        yield Html(
            '<p class="notice">The storage is being looked through for the first time: '
            "what is shown is not yet all there is.</p>\n"
        )


def _footer(standing: Standing, document: str) -> Iterator[Html]:
    if standing.as_of:
        yield Html(f"As the storage was at {_clock(standing.as_of)}. ")
    what = "Private modules are shown, since all who ask are known." if standing.private else ""
    yield text(what or "Private modules (GOPRIVATE) are not shown, since anybody may ask.")
    if document:
        yield Html(f' <a href="{text(document)}">This page as JSON</a>.')
    yield Html(f" Made by govgo {text(govgo.__version__)}.")


def _all_modules() -> Html:
    return Html('<p><a href="/search">All modules</a></p>\n')


# The pages.


def _home(page: HomePage) -> Iterator[Html]:
    standing = page.standing
    yield Html(f"<h1>{text(standing.title)}</h1>\n")
    modules = many(standing.modules, "module")
    proved = f", and proves them by {text(standing.database)}" if standing.database else ""
    yield Html(
        f"<p>This server keeps {modules} in {many(standing.versions, 'version')} for <code>go</code> and "
        f"<code>govgo</code>{proved}.</p>\n"
    )
    yield Html("<h2>Use it</h2>\n")
    if standing.url:
        yield Html(f"<pre>go env -w GOPROXY={text(standing.url)}</pre>\n")
        if standing.private:
            yield Html("<p>The name and the token go into <code>~/.netrc</code>, as for any proxy.</p>\n")
    yield Html(
        "<p>The checksum database comes through it, too, so that clients check everything themselves.</p>\n"
        if standing.database
        else "<p>No checksum database is asked here (GOSUMDB=off).</p>\n"
    )
    yield Html(f"<p>{_advisory_sentence(standing.advisories)}</p>\n")
    yield Html('<div class="columns">\n<section>\n<h2>Most used</h2>\n')
    if page.used:
        yield Html('<p class="small soft">By how many stored modules require them in their newest version.</p>\n')
        rows = ((_module_link(row.path), text(f"{row.required_by:,}")) for row in page.used)
        yield from table(("module", "required by"), rows, (1,))
    else:
        yield Html('<p class="soft">No stored module requires another one.</p>\n')
    yield Html("</section>\n<section>\n<h2>Newest versions</h2>\n")
    if page.newest:
        yield Html('<p class="small soft">By when they were made.</p>\n')
        rows = (
            (_version_link(ModuleVersion(row.path, row.version), f"{row.path} {row.version}"), _day(row.time))
            for row in page.newest
        )
        yield from table(("version", "made"), rows)
    else:
        yield Html('<p class="soft">No version is stored yet.</p>\n')
    yield Html("</section>\n</div>\n")
    yield _all_modules()


def _advisory_sentence(state: AdvisoryState) -> Html:
    if not state.sources:
        return Html("Advisories are not looked up: this server has no source of them.")
    sources = text(", ".join(state.sources))
    if not state.is_known:
        why = text(f" ({state.fault})") if state.fault else Html("")
        return Html(f"Advisories are not looked up yet{why}: {sources}.")
    size = f", which has {state.size:,} of them" if state.size >= 0 else ""
    fault = text(f" The last question failed: {state.fault}.") if state.fault else Html("")
    return Html(f"Advisories are from {sources}{size}, asked {_clock(state.asked)}.{fault}")


def _list(page: ListPage) -> Iterator[Html]:
    yield Html(f"<h1>{text(f'Search: {page.query}' if page.query else 'All modules')}</h1>\n")
    if not page.rows:
        nothing = "No stored module has that in its path." if page.query else "Nothing is stored yet."
        yield Html(f"<p>{nothing}</p>\n")
        if page.query:
            yield _all_modules()
        return
    yield Html(
        f'<p class="soft">{"Those that more stored modules require come first." if page.query else "By path."}</p>\n'
    )
    rows = (
        (
            joined(_named_module(row)),
            _version_link(ModuleVersion(row.path, row.newest), row.newest),
            _day(row.newest_time),
            Html(f'<span class="label">required by </span>{row.required_by:,}'),
        )
        for row in page.rows
    )
    yield from table(("module", "version to take", "made", "required by"), rows, (3,), kind="cards")
    yield _next("/search", {"q": page.query, "after": page.next} if page.next else None, bool(page.after))


def _named_module(row: ModuleRow) -> Iterator[Html]:
    yield _module_link(row.path)
    if row.deprecated:
        yield Html(f'<br><span class="small">{_mark(NO, "deprecated")}: {text(row.deprecated)}</span>')


def _module(page: ModulePage) -> Iterator[Html]:
    module = page.module
    yield Html(f"<h1>{_broken(module.path)}</h1>\n")
    if module.deprecated:
        yield _notice("Deprecated", f"by its author: {module.deprecated}")
    if module.newest:
        yield Html(f"<pre>go get {text(_at(ModuleVersion(module.path, module.newest)))}</pre>\n")
    facts = [
        (
            "Version to take",
            Html(
                f"{_version_link(ModuleVersion(module.path, module.newest), module.newest)}, "
                f"{_made(module.newest_time, page.standing.now)}"
            ),
        ),
        ("Required by", _required_by(module)),
    ]
    if page.deciding:
        said = f"what the go.mod of {page.deciding} says, the newest that is stored"
        facts.append(("Retractions, deprecation", text(said)))
    yield from _facts(facts)
    yield Html("<h2>Versions</h2>\n")
    advisories = _advisory_sentence(page.standing.advisories)
    yield Html(
        f'<p class="small soft">“Log” is what the checksum database says of the stored files. {advisories}</p>\n'
    )
    yield from table(("version", "made", "log", "stored"), (_history(page, row) for row in page.rows), kind="cards")
    last = page.skip + len(page.rows)
    where = f"/mod/{_url(module.path)}"
    yield _next(where, {"skip": str(last)} if last < page.total else None, page.skip > 0)
    yield Html('<div class="columns">\n<section>\n<h2>Required by</h2>\n')
    if page.requirers:
        yield from _requirer_rows(page.requirers)
        yield Html(f'<p><a href="{where}/requiredby">All modules that require it</a></p>\n')
    else:
        yield Html('<p class="soft">No stored module requires it.</p>\n')
    yield Html("</section>\n<section>\n<h2>Imported packages</h2>\n")
    if page.packages:
        yield Html('<p class="small soft">How many stored modules import each, in their newest stored zip.</p>\n')
        rows = ((_broken(row.path), text(f"{row.modules:,}")) for row in page.packages)
        yield from table(("package", "modules"), rows, (1,))
    else:
        yield Html('<p class="soft">No stored zip that was looked into imports a package of it.</p>\n')
    yield Html("</section>\n</div>\n")


def _history(page: ModulePage, row: VersionRow) -> tuple[Html, ...]:
    notes: list[Html] = []
    if row.retracted is not None:
        notes.append(Html(f"{_mark(NO, 'retracted')}: {text(row.retracted or 'no reason is given')}"))
    if hits := page.vulnerable.get(row.version):
        notes.append(Html(f"{_mark(NO, 'advisories')}: {text(', '.join(hits))}"))
    if is_pseudo(row.version):
        notes.append(Html("a commit without a tag"))
    elif semver.prerelease(row.version):
        notes.append(Html("a pre-release"))
    told = "".join(f'<br><span class="small">{note}</span>' for note in notes)
    name = _version_link(ModuleVersion(page.module.path, row.version), row.version)
    return Html(f"{name}{told}"), _made(row.time, page.standing.now), _log_word(row), _stored(row)


def _stored(row: VersionRow) -> Html:
    if not row.files:
        return Html('<span class="soft">only listed by upstream</span>')
    names = ", ".join({"info": ".info", "mod": "go.mod", "zip": "zip"}[name] for name in row.files)
    return text(f"{names} ({amount(row.zip_size)})" if row.zip_size >= 0 else names)


def _log_word(row: VersionRow) -> Html:
    if not row.files:
        return Html('<span class="soft">not stored</span>')
    state = overall(row.log, row.files)
    return _mark(_LOG_MARKS.get(state, ""), state)


def overall(check: LogCheck, files: Sequence[str]) -> str:
    """What the checks of the stored files of a version come to: the worst of them."""
    states = {check.gomod if "mod" in files else "", check.zip if "zip" in files else ""} - {""}
    return next((each for each in (REFUSED, UNCOVERED, UNCHECKED) if each in states), PROVED if states else UNCHECKED)


def _version(page: VersionPage) -> Iterator[Html]:
    facts, standing = page.facts, page.standing
    mod = facts.mod
    yield Html(
        f'<h1><a href="/mod/{_url(mod.path)}">{_broken(mod.path)}</a> '
        f'<span class="version">{text(mod.version)}</span></h1>\n'
    )
    yield from _warnings(page)
    yield Html(f"<pre>go get {text(_at(mod))}</pre>\n")
    yield from _facts(
        [
            ("Made", _made(facts.row.time, standing.now)),
            ("Place", _rank(page)),
            ("Licence", _licence(page)),
            ("Go", text(facts.go_version or ("not stated" if facts.go_version is not None else "not known"))),
            ("Stored", _stored(facts.row)),
            ("Required by", _required_by(facts.module)),
            ("Checksum database", _log_facts(facts.row)),
        ]
    )
    yield Html('<h2 id="scorecard">Scorecard</h2>\n')
    counts = [sum(each.verdict == verdict for each in page.points) for verdict in (YES, NO, UNKNOWN)]
    yield Html(
        f"<p>Of {len(page.points)} rules {counts[0]} {'is' if counts[0] == 1 else 'are'} kept, {counts[1]} "
        f"{'is' if counts[1] == 1 else 'are'} not, and {counts[2]} cannot be told here. "
        "There is no sum of them: each stands for itself, with its evidence.</p>\n"
    )
    rows = (
        (
            _mark(point.verdict, point.verdict),
            Html(f'{text(POINTS[point.rule])} <code class="soft small">{point.rule}</code>'),
            text(point.evidence),
        )
        for point in page.points
    )
    yield from table(("kept", "rule", "evidence"), rows, kind="cards score")
    yield from _vulnerabilities(page)
    yield from _requirements(page)
    yield from _legal(page)


def _warnings(page: VersionPage) -> Iterator[Html]:
    facts = page.facts
    if REFUSED in (facts.row.log.gomod, facts.row.log.zip):
        yield _notice("Refused", facts.row.log.text)
    if facts.row.retracted is not None:
        yield _notice("Retracted", f"by its author: {facts.row.retracted or 'no reason is given'}")
    if facts.module.deprecated:
        yield _notice("Deprecated", f"by its author: {facts.module.deprecated}")
    if facts.vulnerabilities:
        yield _notice("Advisories", ", ".join(each.id for each in facts.vulnerabilities))


def _notice(word: str, words: str) -> Html:
    return Html(f'<p class="notice bad"><strong>{_mark(NO, word)}</strong> {text(words)}</p>\n')


def _rank(page: VersionPage) -> Html:
    facts = page.facts
    if facts.row.version == facts.module.newest:
        return Html("the version to take")
    newest = _version_link(ModuleVersion(facts.module.path, facts.module.newest), facts.module.newest)
    higher = many(facts.rank, "higher version") if facts.rank else "no higher version"
    return Html(f"{higher} known here; take {newest}")


def _licence(page: VersionPage) -> Html:
    found = page.facts.zip
    if found is None:
        return text(f"not known: {page.facts.zip_note}")
    if not found.license:
        return Html('not known: <a href="#scorecard">see below</a>')
    rest = f"; with all that is in the zip: {found.everything}" if found.everything not in ("", found.license) else ""
    return text(f"{found.license}{rest}")


def _log_facts(row: VersionRow) -> Html:
    state = overall(row.log, row.files)
    when = f' <span class="soft">(compared {_clock(row.log.when)})</span>' if row.log.when else ""
    return Html(f"{_mark(_LOG_MARKS.get(state, ''), state)}: {text(row.log.text)}{when}")


def _vulnerabilities(page: VersionPage) -> Iterator[Html]:
    yield Html('<h2 id="advisories">Advisories</h2>\n')
    found = page.facts.vulnerabilities
    if not found:
        state = page.facts.advisories
        known = "None is known against this version. " if state.is_known else ""
        yield Html(f"<p>{known}{_advisory_sentence(state)}</p>\n")
        return
    rows = (
        (
            _outside(each.advisories[0].url, each.id),
            text(", ".join(each.aliases)),
            text(each.advisories[0].summary),
            text(each.fixed_in or "no fix is known"),
        )
        for each in found
    )
    yield from table(("advisory", "also", "what", "fixed in"), rows, kind="cards")


def _requirements(page: VersionPage) -> Iterator[Html]:
    found = page.facts.requirements
    yield Html("<h2>Requirements</h2>\n")
    if found is None:
        yield Html('<p class="soft">The go.mod is not stored here.</p>\n')
        return
    direct = [each for each in found if not each.indirect]
    indirect = [each for each in found if each.indirect]
    if not found:
        yield Html('<p class="soft">Its go.mod requires nothing.</p>\n')
    if direct:
        yield from table(("module", "at least"), (_requirement(each.mod, each.is_stored) for each in direct))
    if indirect:
        yield Html(f"<details>\n<summary>{many(len(indirect), 'indirect requirement')}</summary>\n")
        yield from table(("module", "at least"), (_requirement(each.mod, each.is_stored) for each in indirect))
        yield Html("</details>\n")


def _requirement(mod: ModuleVersion, is_stored: bool) -> tuple[Html, Html]:
    if not is_stored:
        return Html(f'{text(mod.path)} <span class="soft small">not stored</span>'), text(mod.version)
    return _module_link(mod.path), _version_link(mod, mod.version)


def _legal(page: VersionPage) -> Iterator[Html]:
    found = page.facts.zip
    if found is None or not found.texts:
        return
    yield Html("<h2>Legal texts</h2>\n")
    rows = ((text(each.name), text(each.kind), _matched(each)) for each in found.texts)
    yield from table(("file", "kind", "licence"), rows)
    if found.left_out:
        yield Html(f'<p class="soft">{many(found.left_out, "more file")} of that kind, not looked at.</p>\n')
    if found.matcher:
        yield Html(f'<p class="small soft">Texts are matched by {text(found.matcher)}.</p>\n')


def _matched(each: LegalText) -> Html:
    if each.expression:
        return text(f"{each.expression}, {'stated in it' if each.is_stated else f'{each.coverage:.0%} of it'}")
    if each.note:
        return text(f"unknown: {each.note}")
    return Html("unknown" if each.kind == LICENSE else "no licence is needed")


def _requirers(page: RequirersPage) -> Iterator[Html]:
    name = _module_link(page.path) if page.module is not None else text(page.path)
    yield Html(f"<h1>Required by: {name}</h1>\n")
    if page.module is not None:
        yield Html(f"<p>{_required_by(page.module, link=False)}.</p>\n")
    if not page.rows:
        yield Html('<p class="soft">No stored module requires it.</p>\n' if not page.after else "<p>No more.</p>\n")
        return
    yield from _requirer_rows(page.rows)
    next_ = {"after": page.next} if page.next else None
    yield _next(f"/mod/{_url(page.path)}/requiredby", next_, bool(page.after))


def _requirer_rows(rows: Iterable[Requirer]) -> Iterator[Html]:
    cells = (
        (
            Html(
                f"{_version_link(ModuleVersion(row.path, row.version), f'{row.path} {row.version}')}"
                + ('<br><span class="small soft">not its newest stored version</span>' if not row.is_newest else "")
            ),
            text(f"{row.asked} (indirect)" if row.indirect else row.asked),
        )
        for row in rows
    )
    return table(("module", "at least"), cells)


def _imports(page: ImportsPage) -> Iterator[Html]:
    yield Html(f"<h1>Imported: {_broken(page.path)}</h1>\n")
    yield from table(("package", "modules"), ((text(row.path), text(f"{row.modules:,}")) for row in page.rows), (1,))


# Pieces.


def _facts(rows: Iterable[tuple[str, Html]]) -> Iterator[Html]:
    yield Html("<dl>\n")
    for name, value in rows:
        yield Html(f"<dt>{name}</dt><dd>{value}</dd>\n")
    yield Html("</dl>\n")


def _required_by(module: ModuleRow, *, link: bool = True) -> Html:
    if not module.required_by:
        return Html("no stored module in its newest version")
    words = text(f"{many(module.required_by, 'stored module')}, {module.direct:,} directly")
    return Html(f'<a href="/mod/{_url(module.path)}/requiredby">{words}</a>') if link else words


def _next(where: str, query: dict[str, str] | None, is_later: bool) -> Html:
    """Links to the beginning and to what follows."""
    first = ""
    if is_later:
        start = {name: value for name, value in (query or {}).items() if name == "q" and value}
        first = f'<a href="{text(where + ("?" + urlencode(start) if start else ""))}">From the beginning</a>'
    more = f'<a rel="next" href="{text(f"{where}?{urlencode(query)}")}">More</a>' if query else ""
    return Html(f'<nav class="pages" aria-label="Pages">{first}{more}</nav>\n' if first or more else "")


def _mark(verdict: str, word: str) -> Html:
    """A word with a sign and a colour that say the same."""
    kind, sign = _MARKS.get(verdict, ("word", ""))
    shown = f'<span aria-hidden="true">{sign} </span>' if sign else ""
    return Html(f'<span class="{kind} word">{shown}{text(word)}</span>')


def _url(path: str) -> str:
    """A module path, or one with a version, as the path of a URL, in which nothing means something to HTML."""
    return quote(path, safe="/@~!$()*+,;=:")


def _at(mod: ModuleVersion) -> str:
    return f"{mod.path}@{mod.version}"


def _module_link(path: str) -> Html:
    return Html(f'<a href="/mod/{_url(path)}">{_broken(path)}</a>')


def _version_link(mod: ModuleVersion, words: str) -> Html:
    return Html(f'<a href="/mod/{_url(_at(mod))}">{_broken(words)}</a>')


def _broken(path: str) -> Html:
    """A module path with places where a line may be broken."""
    return Html(text(path).replace("/", "/<wbr>"))


def _outside(url: str, words: str) -> Html:
    """A link to another site, where it is one that a browser may follow without harm."""
    if not url.startswith(("https://", "http://")):
        return text(words)
    return Html(f'<a rel="noopener noreferrer nofollow" href="{text(url)}">{text(words)}</a>')


def _moment(time: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(time, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _day(time: float | None) -> Html:
    when = None if time is None else _moment(time)
    if when is None:
        return Html('<span class="soft">not known</span>')
    return Html(f'<time datetime="{when:%Y-%m-%dT%H:%M:%SZ}">{when:%Y-%m-%d}</time>')


def _clock(time: float) -> Html:
    when = _moment(time) or datetime.fromtimestamp(0, UTC)
    return Html(f'<time datetime="{when:%Y-%m-%dT%H:%M:%SZ}">{when:%Y-%m-%d %H:%M} UTC</time>')


def _made(time: float | None, now: float) -> Html:
    when = None if time is None else _moment(time)
    if when is None:
        return Html('<span class="soft">time not known</span>')
    ago = age(when, datetime.fromtimestamp(now, UTC))
    return Html(f'{_day(time)}<span class="soft">, {text(ago)} ago</span>')
