# SPDX-License-Identifier: BSD-3-Clause
"""The one exception tree of govgo.

    GovgoError                   the root of the tree; never raised itself
      Failure                    what a fallback may catch: another source, another version, the next argument
        InputError               text or a request breaks the rules; a retry cannot help
          ModFileError           a line of go.mod, go.work or vendor/modules.txt breaks the rules (file, line, column)
            LineFault            [core/modfile] one fault in a go.mod or go.work, with its place
          GoSumError             a line of go.sum breaks the rules (file, line)
          InvalidPathError       a module, import or file path breaks the rules
          InvalidVersionError    a version, pseudo-version or Go version breaks the rules
          PatternError           a package or prefix pattern cannot be matched
            MatchError           [load/packages] an error met while a pattern was matched
          NoteError              a signed note or a key breaks its format
          SumDbFormatError       a record, tile, tile path or tree head breaks its format
          SourceError            a Go source file's package clause, imports or constraints cannot be read
            NoGoError            [core/gosource] no Go source file of a directory counts
          UsageError             flags, arguments or environment make no sense
            VexError             [core/advisory] a file that a flag names is not an OpenVEX document
            VerbFlagsError       flags of one verb make no sense; the sentence begins with the verb
            PolicyFileError      [core] a govgo.toml cannot be used (file, key or line in its sentence)
            NoPolicyError        [core] no govgo.toml states a rule for a module that is to be checked
            NoModRootError       [load/session] a command needs a main module, and there is none
            CommandLineError     [cli] a command line cannot be read
              FlagError          [cli] go's flag parser would refuse a flag
              UnknownCommandError  [cli] a word names no command of a group
          QueryError             a version query cannot be answered
            DisallowedError      [core/module] a version must not be chosen
              ExcludedError      [load/query] an exclude directive names the version
              NotYetPublishedError  [load/query] a version did not exist at the time of -as-of
              TooYoungError      [load/query] a version is younger than -min-age
              ModuleRetractedError  [load/query] its author retracted the version (rationale)
            NoMatchingVersionError  [core/module] no version satisfies the query and what is allowed
            NoPatchBaseError     [core/module] the query `patch` for a module of which no version is selected
            QueryDisabledError   [load/query] version queries are off, because the vendor directory is used
            RetractionLoadingError  [load/query] the go.mod that would list retractions cannot be read
            DeprecationLoadingError  [load/query] the go.mod that would hold a deprecation cannot be read
            WildcardInFirstElementError  [load/query] a pattern such as `a...` has a wildcard in its first element
            PackageNotInModuleError  [load/query] a module that answers the query lacks the package
            QueryMatchesMainModulesError  [load/query] a version is asked for a main module, which has none
            QueryUpgradesAllError  [load/query] a version is asked for the pattern `all`, which includes main modules
            QueryMatchesPackagesInMainModuleError  [load/query] a version is asked for packages of a main module
            ArgumentError        [app/get] an argument of get is invalid by itself
            QueryConflictError   [app/get] two arguments ask for two versions of one module
            VersionChangeNeeded  [app/get] the module of a package is about to change its version
            SumNotFoundError     [app/get] the checksum of a newly selected version could not be found
          BuildListError         a module graph cannot be loaded or satisfied
            UnsatisfiedError     [core/modgraph] an error met while requirements were gathered
            TooNewError          [load/session] something needs a newer Go than the release that govgo answers for
            ModuleError          [load/dependency] an error about one module version, which its sentence names first
            MissingSumError      [load/dependency] go.sum lacks a line and may not be extended
            GraphError           [load/buildlist] a module graph could not be loaded completely
            GraphTooLargeError   [load/buildlist] a module graph has more modules or go.mod files than any honest one
            ConstraintError      [load/buildlist] the versions that were asked for do not fit together (conflicts)
          PackageError           no module of the build list provides an import
            ImportMissingError   [load/packages] no module of the build list provides the package
            AmbiguousImportError  [load/packages] several modules provide the package
            DirectImportFromImplicitDependencyError  [load/packages] go.mod does not list the module of the package
            ImportMissingSumError  [load/packages] go.sum lacks what is needed to look into a module
            InvalidImportError   [load/packages] a path that cannot be imported (path)
            BuiltinPackageError  [load/packages] the directory holds no package that can be listed
            EmbedError           [load/packages] an embed pattern matches nothing, or something that cannot be embedded
            NotEmbeddableError   [load/packages] why a file or directory cannot be embedded
          StaleError             go.mod, go.sum or vendor would need a change that the mode forbids
            GoModDirtyError      [load/session] go.mod would need a change that the mode forbids
          ModFileErrors          [core/modfile] all faults of a go.mod or go.work, one on a line, in go's order
          VersionFixError        [core/modfile] a version in go.mod cannot be made canonical
          UnrecognizedError      [core/gobinary] no executable in a known format, or it breaks the rules of its format
          NotGoError             [core/gobinary] an executable has no Go build information
          BuildInfoError         [core/gobinary] the list of modules in a Go binary is malformed
          AdvisoryError          [core/advisory] a file is not an advisory in the OSV format
          AlreadyPublishedError  [core/storage] a version is published already, with other bytes
          UnpublishableError     [adapters/modzip] a zip is not a version that can be published
          NoMetaTagError         [core/vcs] no go-import tag of a page is for the import path
          UnreadableModuleError  [load/mainmodule] a go.mod file that go.work lists cannot be used
          SumConflictError       [app/sum] two sides of a merge have different hashes, and no database decides
        NotFoundError            unknown to every source that was asked (tried)
          SourceRefusedError     [adapters] GOPROXY=off or GONOPROXY forbids to ask; also a LookupDisabledError
          UnknownRevisionError   [adapters/vcs] the repository does not have a revision
          NotStoredError         [serve/upstream] a proxy does not have a file, and does not fetch it for this client
        UnavailableError         a source failed; a retry may help
          NetworkError           a transfer failed (url without secrets, status)
          TooLargeError          a body is larger than its limit (limit_bytes)
          LookupDisabledError    lookups are off, or the version control system is not supported
            OfflineError         nobody may be asked (--offline), and what was needed is not kept
            NotInBundleError     [app/sum] a proof bundle has no record of a version, and nothing else is asked
          DiskError              a local file or directory could not be read or written (path)
          StorageError           a storage of served files could not be asked, or lost a file meanwhile (key)
          NotInDatabaseError     [core/sumdb] the database does not know a module version
          SlowClientError        [serve/http] a client sends the body of its request too slowly
          UnusableDatabaseError  [app/audit] a database of advisories is malformed, or is not there
          DeadNetworkError       nobody could be reached, so that nothing more is begun
          GitError               [adapters/vcs] a git command failed
        IntegrityError           content is damaged or not provable; another source may be sound
          TileMismatchError      a tile does not hash to the value in its parent
            WrongTiles           [app/log] tiles do not hash into a signed tree, not even when fetched anew (tiles)
          BadZipError            a module zip breaks the rules (issues)
          CacheCorruptError      a cache file does not match its own checksum
        ConflictError            a lock or compare-and-swap was lost
        MissingExtraError        a package that only some commands need is not installed
        YoungVersionError        [serve/upstream] a version is younger than the minimum age of the proxy
      SecurityError              evidence of misbehaviour; never retried, never downgraded
        SumMismatchError         bytes contradict go.sum or the checksum database (module, want, got, against)
        ForkError                two signed tree heads that no proof joins (notes, proof)
        BadSignatureError        the configured key did not sign a note
      ReportedError              several faults, each reported already (errors)
        IncompleteError          [app/sum] some lines could not be added to go.sum (done)
      SettingError               a variable of the environment makes no sense, and nothing can go on
        NoModCacheError          [adapters/modcache] a module cache is needed, and none can be found
      UncheckedZipError          the recorded hash of a cached zip cannot be read, nor made anew
      SwitchError                [load/session] a command is to start over, answering as a newer Go release

A class with a room in brackets is defined there, the others here; names in parentheses are its fields. Every class has
a `code` of its own, listed in docs/design/errors.md. `str(error)` is the sentence that the go command uses for the same
fault, without its "go: " prefix; the terminal's wording, colours and exit codes belong to `govgo.cli`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

TYPE_CHECKING = False  # without `typing`, as in core.typehints
if TYPE_CHECKING:
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
        place: the (file, line) to look into, as reports show it, where it is known (`load.targets.locate`).
    """

    code: ClassVar[str] = "error"
    origin: object | None = None
    place: tuple[str, int] | None = None

    def __init__(self, text: str = "", *, inner: BaseException | None = None, hint: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.inner = inner
        self.hint = hint

    def __str__(self) -> str:
        return self.text


class Failure(GovgoError):
    """What a fallback may catch. A `SecurityError` is not a Failure, so that no `except Failure` can swallow it."""

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
    """An import that no module in the build list provides.

    Attributes:
        nearest: (path, version) of the module of a package that could not be loaded, else of the one that imports it;
            None for a main module, and where it is not known.
        imported_at: (directory, import path) of the import in a main module by which it was met, None for none.
    """

    code = "package"
    nearest: tuple[str, str] | None = None
    imported_at: tuple[str, str] | None = None


class StaleError(InputError):
    """go.mod, go.sum or vendor would need a change that the mode forbids."""

    code = "stale"


class NotFoundError(Failure):
    """Unknown to every source tried.

    Attributes:
        tried: (source, reason) for each source asked, in order.
        status: of the answer that says so, 404 or 410; 0 where no server was asked.
    """

    code = "not-found"

    def __init__(
        self,
        text: str = "",
        *,
        tried: tuple[tuple[str, str], ...] = (),
        status: int = 0,
        inner: BaseException | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(text, inner=inner, hint=hint)
        self.tried = tried
        self.status = status


class UnavailableError(Failure):
    """A source failed; a retry may help."""

    code = "unavailable"


class NetworkError(UnavailableError):
    """A transfer that failed. `url` carries no secrets; `status` is 0 where no answer came.

    `is_page`: a web page came where something else belongs.
    """

    code = "network"

    def __init__(
        self,
        text: str = "",
        *,
        url: str = "",
        status: int = 0,
        is_page: bool = False,
        inner: BaseException | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(text, inner=inner, hint=hint)
        self.url = url
        self.status = status
        self.is_page = is_page


class TooLargeError(UnavailableError):
    """A body that is larger than its limit of `limit_bytes`."""

    code = "too-large"

    def __init__(self, text: str = "", *, limit_bytes: int = 0, hint: str = "") -> None:
        super().__init__(text, hint=hint)
        self.limit_bytes = limit_bytes


class LookupDisabledError(UnavailableError):
    """Lookups are off (vendor mode), or a version control system is not supported."""

    code = "no-usable-source"


class OfflineError(LookupDisabledError):
    """Nobody may be asked (--offline), and what was needed is not kept."""

    code = "offline"

    def __init__(self, text: str = "not in the module cache, and --offline asks nobody") -> None:
        super().__init__(text)


class DeadNetworkError(UnavailableError):
    """Nobody could be reached, so that a command that says so within seconds begins nothing more."""

    code = "dead-network"


class DiskError(UnavailableError):
    """A local file or directory could not be read or written; `path` names it."""

    code = "disk"

    def __init__(self, text: str = "", *, path: str = "", inner: BaseException | None = None, hint: str = "") -> None:
        super().__init__(text, inner=inner, hint=hint)
        self.path = path


class StorageError(UnavailableError):
    """A storage of served files could not be asked, or lost a file meanwhile; `key` names it."""

    code = "storage"

    def __init__(self, text: str = "", *, key: str = "", inner: BaseException | None = None, hint: str = "") -> None:
        super().__init__(text, inner=inner, hint=hint)
        self.key = key


class IntegrityError(Failure):
    """Content damaged or not provable; another source may be sound."""

    code = "integrity"


class TileMismatchError(IntegrityError):
    """A tile that does not hash into its parent."""

    code = "tile-mismatch"


class BadZipError(IntegrityError):
    """A module zip that breaks the rules.

    Attributes:
        issues: (file name, reason) of what breaks them.
        is_page: a web page came in place of a zip.
    """

    code = "bad-zip"
    is_page = False

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
        chain: the requirements that lead from a main module to the module, where it was met in a graph.
    """

    code = "sum-mismatch"
    chain: tuple[tuple[str, str], ...] = ()

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


class MissingExtraError(Failure):
    """A package that only some commands need is not installed; the sentence or the hint says how it is."""

    code = "missing-extra"


class SettingError(GovgoError):
    """A variable of the environment that makes no sense, and without which nothing can go on.

    It is not a Failure: every other source would meet the same variable. No module is named before its sentence.
    """

    code = "setting"


class UncheckedZipError(GovgoError):
    """The hash of a cached zip cannot be read, nor made anew. No Failure: it would pass for a lack of packages."""

    code = "unchecked-zip"


class ReportedError(GovgoError):
    """Several faults, each reported already; `errors` holds them for the exit code."""

    code = "reported"

    def __init__(self, errors: tuple[GovgoError, ...] = ()) -> None:
        super().__init__("")
        self.errors = errors


def faults_of(error: GovgoError) -> tuple[GovgoError, ...]:
    """The faults that an error stands for: those of a ReportedError, else itself."""
    return error.errors if isinstance(error, ReportedError) else (error,)


def find(error: BaseException | None, kind: type[_E]) -> _E | None:
    """The first error of class `kind` in the chain of `inner` errors, outermost first, or None."""
    while error is not None:
        if isinstance(error, kind):
            return error
        error = getattr(error, "inner", None)
    return None


def parts(error: BaseException | None) -> Iterator[BaseException]:
    """An error, those that it gives context to, and those that it collects."""
    while error is not None:
        yield error
        gathered = getattr(error, "errors", ())
        for each in gathered if isinstance(gathered, tuple | list) else ():
            if isinstance(each, BaseException):
                yield from parts(each)
        error = getattr(error, "inner", None)


def gravest(*errors: BaseException) -> BaseException:
    """Which of several errors ends the command: evidence of misbehaviour before all else, then the first.

    It counts also where another error has taken its place: one that was raised while it was on its way, by a `finally`
    for example. Python keeps the error that was replaced as the other one's context.

    Returns:
        The SecurityError, or the ReportedError that holds one; else the first of `errors`.
    """
    for error in errors:
        each: BaseException | None = error
        seen: set[int] = set()
        while each is not None and id(each) not in seen:
            seen.add(id(each))
            for part in parts(each):
                if isinstance(part, SecurityError):
                    return each if isinstance(each, ReportedError) else part
            each = each.__context__
    return errors[0]


def run_all(*works: Callable[[], object]) -> None:
    """Do each of `works` in turn, however the others go. (An ExitStack would cut the chain that `gravest` looks at.)

    Raises:
        The gravest of what they raised.
    """
    raised: list[BaseException] = []
    for each in works:
        try:
            each()
        except BaseException as error:  # raised below
            raised.append(error)
    if raised:
        raise gravest(*raised)


def is_not_found(error: BaseException | None) -> bool:
    """Whether the chain says that the thing does not exist, as far as every source asked knows."""
    return find(error, NotFoundError) is not None
