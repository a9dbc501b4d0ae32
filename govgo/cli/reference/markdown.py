# SPDX-License-Identifier: BSD-3-Clause
"""The pages of reference that are made from the declarations: commands, codes, exit codes, variables, schemas, the API.

`scripts/site_hooks.py` puts them into the site of documents.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources

from govgo.cli.options import Flag
from govgo.cli.reference.man import EXIT_CODES
from govgo.cli.reference.pages import Page, all_pages, blocks_of, values_of
from govgo.cli.reference.variables import VARIABLES
from govgo.core.codes.codes import ERRORS, EXPLANATIONS
from govgo.core.codes.explanation import Explanation
from govgo.core.codes.findings import FINDINGS
from govgo.core.lazyregex import late

_ROOM = "commands"
_SPECIAL = late(r"([\\*_{}\[\]<>#|~])")


def reference_pages() -> dict[str, str]:
    """Text by file name, relative to the directory `reference` of the site."""
    pages = list(all_pages())
    own = [page for page in pages if page.path != "govgo" and not f"{page.path} ".startswith("govgo mod ")]
    mimic = [page for page in pages if page.path.startswith("govgo mod ")]
    files = {f"{_ROOM}/{_file(page)}": _command(page, pages) for page in own}
    files[f"{_ROOM}/index.md"] = _commands(own, mimic)
    files["codes.md"] = _codes()
    files["exit-codes.md"] = _exit_codes()
    files["variables.md"] = _variables()
    files["schemas.md"] = _schemas()
    files["api.md"] = _api()
    return files


def _file(page: Page) -> str:
    return f"{page.path.replace(' ', '-')}.md"


def text(words: str) -> str:
    """A text in which only what stands in backticks means something in Markdown."""
    parts = re.split(r"(`[^`]*`)", words)
    return "".join(part if part.startswith("`") else _SPECIAL.sub(r"\\\1", part) for part in parts)


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A table; each cell is Markdown already."""
    heads = list(titles)
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join('---' for _ in heads)} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _commands(own: list[Page], mimic: list[Page]) -> str:
    lines = ["# Commands", "", "Made from the declarations of the commands; `govgo help COMMAND` prints the same.", ""]
    sections = dict.fromkeys(page.section for page in own if page.path.count(" ") == 1)
    for section in sections:
        lines += [f"## {section}", ""]
        rows = [
            (f"[`{page.path}`]({_file(page)})", text(page.purpose))
            for page in own
            if page.section == section and page.path.count(" ") == 1
        ]
        lines += _table(("command", "what it does"), rows)
    lines += ["## govgo mod", "", "The verbs under the names that `go mod` gives them, with exactly go's flags.", ""]
    named = {page.path: page for page in own}
    rows = []
    for page in mimic:
        model = named.get(page.mimics)
        link = f"as [`{model.path}`]({_file(model)})" if model is not None else text(page.purpose)
        rows.append((f"`{page.path}`", link))
    lines += _table(("command", "what it does"), rows)
    return "\n".join(lines)


def _command(page: Page, pages: list[Page]) -> str:
    lines = [f"# {page.path}", "", text(page.purpose), "", "```text", f"{page.path} {page.usage}".rstrip(), "```", ""]
    for block in blocks_of(page.text):
        if block.is_literal:
            lines += ["```text", *block.lines, "```", ""]
        else:
            lines += [text(" ".join(block.lines)), ""]
    children = [each for each in pages if each.path.rpartition(" ")[0] == page.path]
    if children:
        rows = [(f"[`{each.path}`]({_file(each)})", text(each.purpose)) for each in children]
        lines += ["## Commands", "", *_table(("command", "what it does"), rows)]
    if page.flags:
        flags = ((_names(flag), _meaning(flag, page), _origin(flag, page)) for flag in page.flags)
        lines += ["## Flags", "", "Flags may be written with one dash or two.", ""]
        lines += _table(("flag", "meaning", "in go"), flags)
    return "\n".join(lines)


def _names(flag: Flag) -> str:
    value = f" {flag.metavar}" if flag.metavar else ""
    return ", ".join(f"`-{name}{value}`" for name in flag.names)


def _meaning(flag: Flag, page: Page) -> str:
    values = values_of(flag, page.formats)
    more = ""
    if values and not all(value in flag.help for value in values):
        more = f" One of {', '.join(f'`{value}`' for value in values)}."
    if flag.is_list:
        more += " May be repeated."
    if flag.bounds is not None:
        more += f" From {flag.bounds[0]:,} to {flag.bounds[1]:,}."
    return text(flag.help) + more


def _origin(flag: Flag, page: Page) -> str:
    is_own = flag.is_own or getattr(page.target, "is_own", False)
    return "" if is_own else "yes"


def _codes() -> str:
    lines = [
        "# Codes of findings and errors",
        "",
        "Reports name each finding and each error by its code, which never changes its meaning. `govgo explain CODE`"
        " prints the same texts. [Exit codes](exit-codes.md) are another thing.",
        "",
        "## Findings",
        "",
        *_explained(FINDINGS),
        "## Errors",
        "",
        "A finding that comes from an error has the error's code.",
        "",
        *_explained(ERRORS),
    ]
    return "\n".join(lines)


def _explained(table: Mapping[str, Explanation]) -> Iterator[str]:
    for code, each in table.items():
        yield from (f"### {code}", "", f"**{text(each.title)}** Exit code {each.exits}.", "")
        for paragraph in each.meaning.split("\n\n"):
            yield from (text(paragraph), "")
        if each.remedy:
            yield from (f"*What to do:* {text(each.remedy)}", "")


def _exit_codes() -> str:
    lines = ["# Exit codes", "", "They do not depend on the format. Where several apply, the worst wins: 4, 3, 1.", ""]
    lines += _table(("code", "meaning"), ((code, text(meaning)) for code, meaning in EXIT_CODES))
    rows = []
    for number in ("1", "2", "3", "4"):
        codes = [code for code, each in EXPLANATIONS.items() if number in re.findall(r"\d+", each.exits)]
        rows.append((number, ", ".join(f"[{code}](codes.md#{code})" for code in codes)))
    lines += ["## Which code of a finding or error leads to which", "", *_table(("exit code", "codes"), rows)]
    return "\n".join(lines)


def _variables() -> str:
    lines = [
        "# Variables",
        "",
        "govgo reads go's own variables, and the go env file that `go env -w` and `govgo env -w` write. A variable of"
        " the environment comes before the file, the file before the default. `govgo env` prints what is in force.",
        "",
    ]
    rows = ((f"`{each.name}`", text(each.title), text(each.default)) for each in VARIABLES)
    return "\n".join([*lines, *_table(("variable", "meaning", "default"), rows)])


def _schemas() -> str:
    lines = [
        "# Documents and their schemas",
        "",
        "Each report in JSON is one document with a member `schema`. Members are only ever added. The schemas are JSON"
        " Schema 2020-12, and lie in the package, in `govgo/report/schemas/`.",
        "",
    ]
    directory = resources.files("govgo.report").joinpath("schemas")
    for file in sorted(directory.iterdir(), key=lambda each: each.name):
        schema = json.loads(file.read_text("utf-8"))
        lines += [
            f"## {file.name.removesuffix('.json').replace('-1', '/1')}",
            "",
            text(schema.get("description", "")),
            "",
        ]
        members = schema.get("properties", {})
        required = set(schema.get("required", ()))
        rows = [
            (f"`{name}`", "yes" if name in required else "", text(str(member.get("description", ""))))
            for name, member in members.items()
        ]
        lines += _table(("member", "always there", "meaning"), rows)
    return "\n".join(lines)


def _api() -> str:
    from govgo import api

    lines = [
        "# govgo.api",
        "",
        "Made from the signatures. The [guide](../library.md) has examples that run.",
        "",
    ]
    for name in api.__all__:
        found = getattr(api, name)
        doc = inspect.getdoc(found) or ""
        lines += [f"## {name}", ""]
        if inspect.isfunction(found):
            lines += ["```python", _signature(name, found), "```", ""]
        lines += ["```text", doc, "```", ""]
    return "\n".join(lines)


def _signature(name: str, function: object) -> str:
    found = inspect.signature(function)  # type: ignore[arg-type]
    parts = [str(each).replace("'", "") for each in found.parameters.values()]
    marks = list(parts)
    keyword_only = next((i for i, each in enumerate(found.parameters.values()) if each.kind is each.KEYWORD_ONLY), -1)
    if keyword_only >= 0:
        marks.insert(keyword_only, "*")
    result = str(found.return_annotation).replace("'", "")
    return f"{name}(\n" + "".join(f"    {each},\n" for each in marks) + f") -> {result}"
