# SPDX-License-Identifier: BSD-3-Clause
"""The one exception tree of govgo.

    GovgoError
      Failure                    what a fallback may catch: another source, another version, the next argument
        InputError               text or a request that breaks the rules; a retry cannot help
          ModFileError           a go.mod, go.work or modules.txt line (file, line, column)
            LineFault            [core/modfile] one error in a go.mod or go.work, with its place
          GoSumError             a go.sum line (file, line)
          InvalidPathError       a module, import or file path
          InvalidVersionError    a version, pseudo-version or go version
          PatternError           a package or prefix pattern
            MatchError           [load/packages] an error met while a pattern was matched
          NoteError              a signed note or a key
          SumDbFormatError       a record, tile, tile path or tree head text
          SourceError            a Go source file's package clause, imports or constraints
            NoGoError            [core/gosource] no Go source file counts
          UsageError             flags, arguments or environment
            VerbFlagsError       flags of a verb; the sentence begins with the verb
            NoModRootError       [load/session] a command needs a main module, and there is none
            CommandLineError     [cli] a command line that cannot be read
              FlagError          [cli] a flag that go's flag parser would refuse
              UnknownCommandError  [cli] a word that names no command of a group
          QueryError             a version query that cannot be answered
            DisallowedError      [core/module] a version that must not be chosen
              ExcludedError      [load/query] a version that an exclude directive of a main module names
              ModuleRetractedError  [load/query] a version that its author retracted
            NoMatchingVersionError  [core/module] no version satisfies the query and what is allowed
            NoPatchBaseError     [core/module] the query `patch` for a module of which no version is selected
            QueryDisabledError   [load/query] version queries are off, because the vendor directory is all that counts
            RetractionLoadingError  [load/query] the go.mod that says what is retracted cannot be read
            DeprecationLoadingError  [load/query] the go.mod that says what is deprecated cannot be read
            WildcardInFirstElementError  [load/query] a pattern such as `a...` with a wildcard in its first path element
            PackageNotInModuleError  [load/query] a module that answers the query lacks the package
            QueryMatchesMainModulesError  [load/query] a version is asked of a main module, which has none
            QueryUpgradesAllError  [load/query] a version is asked of the pattern `all`
            QueryMatchesPackagesInMainModuleError  [load/query] a version is asked of packages that lie in a main module
            ArgumentError        [app/get] an argument of get that is invalid by itself
            QueryConflictError   [app/get] two arguments that ask for two versions of one module
            VersionChangeNeeded  [app/get] the module of a package is about to change its version
            SumNotFoundError     [app/get] the checksum of a new version could not be had
          BuildListError         a module graph that cannot be loaded or satisfied
            UnsatisfiedError     [core/modgraph] an error met while requirements were gathered
            TooNewError          [load/session] something needs a newer Go than govgo answers as
            ModuleError          [load/dependency] an error about one module version
            MissingSumError      [load/dependency] go.sum lacks a line and may not be extended
            GraphError           [load/buildlist] a module graph that could not be loaded completely
            ConstraintError      [load/buildlist] module versions that were asked for do not fit together
          PackageError           an import that no module in the build list provides
            ImportMissingError   [load/packages] no module of the build list provides the package
            AmbiguousImportError  [load/packages] several modules provide the package
            DirectImportFromImplicitDependencyError  [load/packages] go.mod does not require the module itself
            ImportMissingSumError  [load/packages] go.sum lacks what is needed to look into a module
            InvalidImportError   [load/packages] a path that cannot be imported; `path` is the import path
            BuiltinPackageError  [load/packages] the directory is no package that can be listed
            EmbedError           [load/packages] a pattern that embeds nothing, or something that cannot be embedded
            NotEmbeddableError   [load/packages] why a match cannot be embedded
          StaleError             go.mod, go.sum or vendor would need a change that the mode forbids
            GoModDirtyError      [load/session] go.mod would need a change that the mode forbids
          ModFileErrors          [core/modfile] what is wrong with a file, one sentence on a line, in go's order
          VersionFixError        [core/modfile] a version in go.mod that cannot be made canonical
          NoMetaTagError         [core/vcs] no go-import tag of a page is for the import path
          UnreadableModuleError  [load/mainmodule] a go.mod file that go.work lists cannot be used
          SumConflictError       [app/sum] two sides of a merge have different hashes, and no database decides
        NotFoundError            unknown to every source tried
          SourceRefusedError     [adapters] a source that must not be asked, by GOPROXY=off or GONOPROXY
          UnknownRevisionError   [adapters/vcs] a revision that the repository does not have
        UnavailableError         a source failed; a retry may help
          NetworkError           a transfer (url without secrets, status)
          TooLargeError          a body past its cap (limit_bytes)
          LookupDisabledError    GOPROXY=off, or a source that this version does not support
            NotInBundleError     [app/sum] a proof bundle has no record of a module version, and nothing else is asked
          DiskError              a local file could not be read or written
          NotInDatabaseError     [core/sumdb] the database says that it does not know a module version
          GitError               [adapters/vcs] a git command that failed
        IntegrityError           content damaged or not provable; another source may be sound
          TileMismatchError      a tile that does not hash into its parent
          BadZipError            a module zip that breaks the rules (issues)
          CacheCorruptError      a cache file that does not match its own checksum
        ConflictError            a lock or compare-and-swap was lost
      SecurityError              evidence of misbehaviour; never retried, never downgraded
        SumMismatchError         bytes that contradict go.sum or the checksum database
        ForkError                two signed tree heads that no proof joins
        BadSignatureError        a note that the configured key did not sign
      ReportedError              several faults, each reported already (errors)
        IncompleteError          [app/sum] some lines could not be added
      SwitchError                [load/session] a command is to start over, answering as a newer Go release

A class with a room in brackets is defined there; the others are defined here. Every class has a `code` of its own,
listed in docs/design/errors.md.

`str(error)` is the sentence that the go command uses for the same fault, without its "go: " prefix.
The terminal's wording, colours and exit codes belong to `govgo.cli`.
"""

from __future__ import annotations

from typing import ClassVar, TypeVar

_E = TypeVar("_E", bound=BaseException)


class GovgoError(Exception):
    """Root of the tree.

    Attributes:
        code: stable kebab-case identifier, the same in every output format.
        text: go's sentence.
        inner: the error that this one gives context to, if any.
        hint: one thing that the user can do, or "".
        origin: the `Origin` of the source that was asked in vain, where it is known. While the source is unchanged,
            the same request fails in the same way (`-reuse`).
    """

    code: ClassVar[str] = "error"
    origin: object | None = None

    def __init__(self, text: str = "", *, inner: BaseException | None = None, hint: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.inner = inner
        self.hint = hint

    def __str__(self) -> str:
        return self.text


class Failure(GovgoError):
    """What a fallback may catch. `SecurityError` is no failure: no `except Failure` can swallow it."""

    code = "failure"


class InputError(Failure):
    """Text or a request that breaks the rules."""

    code = "input"


class ModFileError(InputError):
    """A line of go.mod, go.work or vendor/modules.txt; `line` and `column` start at 1, 0 is unknown."""

    code = "mod-file-line"

    def __init__(
        self,
        text: str = "",
        *,
        file: str = "",
        line: int = 0,
        column: int = 0,
        inner: BaseException | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(text, inner=inner, hint=hint)
        self.file = file
        self.line = line
        self.column = column


class GoSumError(InputError):
    """A line of go.sum or go.work.sum; `line` starts at 1."""

    code = "go-sum"

    def __init__(self, text: str = "", *, file: str = "", line: int = 0, hint: str = "") -> None:
        super().__init__(text, hint=hint)
        self.file = file
        self.line = line


class InvalidPathError(InputError):
    """A module, import or file path that breaks the rules."""

    code = "invalid-path"


class InvalidVersionError(InputError):
    """A version, pseudo-version or go version that breaks the rules.

    Attributes:
        version: what was given.
        reason: the rule that it breaks, without the text around it; "" where only `text` says it.
        is_pseudo: whether a pseudo-version was expected.
    """

    code = "invalid-version"

    def __init__(
        self,
        text: str = "",
        *,
        version: str = "",
        reason: str = "",
        is_pseudo: bool = False,
        inner: BaseException | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(text, inner=inner, hint=hint)
        self.version = version
        self.reason = reason
        self.is_pseudo = is_pseudo


class PatternError(InputError):
    """A package or prefix pattern that cannot be matched."""

    code = "pattern"


class NoteError(InputError):
    """A signed note, verifier key or signer key that breaks its format."""

    code = "note"


class SumDbFormatError(InputError):
    """A record, tile, tile path or tree head text that breaks its format."""

    code = "sumdb-format"


class SourceError(InputError):
    """A Go source file's package clause, imports, embeds or build constraints."""

    code = "go-source"


class UsageError(InputError):
    """Flags, arguments or environment variables that make no sense."""

    code = "usage"


class VerbFlagsError(UsageError):
    """Flags of one verb that make no sense; the sentence begins with the verb: `list -f cannot be …`."""

    code = "verb-flags"


class QueryError(InputError):
    """A version query that cannot be answered."""

    code = "query"


class BuildListError(InputError):
    """A module graph that cannot be loaded or satisfied."""

    code = "requirements"


class PackageError(InputError):
    """An import that no module in the build list provides."""

    code = "package"


class StaleError(InputError):
    """go.mod, go.sum or vendor would need a change that the mode forbids."""

    code = "stale"


class NotFoundError(Failure):
    """Unknown to every source tried.

    Attributes:
        tried: (source, reason) for each source asked, in order.
    """

    code = "not-found"

    def __init__(
        self,
        text: str = "",
        *,
        tried: tuple[tuple[str, str], ...] = (),
        inner: BaseException | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(text, inner=inner, hint=hint)
        self.tried = tried


class UnavailableError(Failure):
    """A source failed; a retry may help."""

    code = "unavailable"


class NetworkError(UnavailableError):
    """A transfer that failed. `url` carries no secrets; `status` is 0 where no answer came."""

    code = "network"

    def __init__(
        self,
        text: str = "",
        *,
        url: str = "",
        status: int = 0,
        inner: BaseException | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(text, inner=inner, hint=hint)
        self.url = url
        self.status = status


class TooLargeError(UnavailableError):
    """A body past its cap of `limit_bytes`."""

    code = "too-large"

    def __init__(self, text: str = "", *, limit_bytes: int = 0, hint: str = "") -> None:
        super().__init__(text, hint=hint)
        self.limit_bytes = limit_bytes


class LookupDisabledError(UnavailableError):
    """GOPROXY=off, or a kind of source that this version does not support."""

    code = "no-usable-source"


class DiskError(UnavailableError):
    """A local file or directory could not be read or written; `path` names it."""

    code = "disk"

    def __init__(self, text: str = "", *, path: str = "", inner: BaseException | None = None, hint: str = "") -> None:
        super().__init__(text, inner=inner, hint=hint)
        self.path = path


class IntegrityError(Failure):
    """Content damaged or not provable; another source may be sound."""

    code = "integrity"


class TileMismatchError(IntegrityError):
    """A tile that does not hash into its parent."""

    code = "tile-mismatch"


class BadZipError(IntegrityError):
    """A module zip that breaks the rules; `issues` holds (file name, reason)."""

    code = "bad-zip"

    def __init__(
        self, text: str = "", *, issues: tuple[tuple[str, str], ...] = (), inner: BaseException | None = None
    ) -> None:
        super().__init__(text, inner=inner)
        self.issues = issues


class CacheCorruptError(IntegrityError):
    """A cache file that does not match its own checksum."""

    code = "cache-corrupt"


class SecurityError(GovgoError):
    """Evidence of misbehaviour; never retried, never downgraded, never swallowed by a fallback."""

    code = "security"


class SumMismatchError(SecurityError):
    """Bytes that contradict go.sum or the checksum database.

    Attributes:
        module: "path@version" ("path@version/go.mod" for a go.mod hash).
        want: the recorded hash.
        got: the hash of the bytes.
        against: where `want` is recorded.
    """

    code = "sum-mismatch"

    def __init__(
        self,
        text: str = "",
        *,
        module: str = "",
        want: str = "",
        got: str = "",
        against: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(text, hint=hint)
        self.module = module
        self.want = want
        self.got = got
        self.against = against


class ForkError(SecurityError):
    """Two signed tree heads that no consistency proof joins; `notes` holds both, `proof` the hashes tried."""

    code = "fork"

    def __init__(
        self, text: str = "", *, notes: tuple[bytes, ...] = (), proof: tuple[bytes, ...] = (), hint: str = ""
    ) -> None:
        super().__init__(text, hint=hint)
        self.notes = notes
        self.proof = proof


class BadSignatureError(SecurityError):
    """A note that the configured key did not sign."""

    code = "bad-signature"


class ConflictError(Failure):
    """A lock or compare-and-swap was lost."""

    code = "conflict"


class ReportedError(GovgoError):
    """Several faults, each reported already; `errors` holds them for the exit code."""

    code = "reported"

    def __init__(self, errors: tuple[BaseException, ...] = ()) -> None:
        super().__init__("")
        self.errors = errors


def find(error: BaseException | None, kind: type[_E]) -> _E | None:
    """The first error of class `kind` in the chain of `inner` errors, outermost first, or None."""
    while error is not None:
        if isinstance(error, kind):
            return error
        error = getattr(error, "inner", None)
    return None


def is_not_found(error: BaseException | None) -> bool:
    """Whether the chain says that the thing does not exist, as far as every source asked knows."""
    return find(error, NotFoundError) is not None
