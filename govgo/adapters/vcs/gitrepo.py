# SPDX-License-Identifier: BSD-3-Clause
"""A remote git repository, and the bare clone in the module cache that holds as much of it as was needed.

    GOMODCACHE/cache/vcs/HASH         the clone; HASH is the SHA-256 of `git3:URL`
    GOMODCACHE/cache/vcs/HASH.info    `git3:URL`
    GOMODCACHE/cache/vcs/HASH.lock    the lock of both

The go command uses the same directories, layout and locks.

Commits come from HEAD, branches and tags alone, never from other refs that a host may serve (those of rejected
changes, for example). A single commit is fetched without its history; the whole history only where ancestors matter.

Source: cmd/go/internal/modfetch/codehost (git.go; WorkDir in codehost.go).
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import stat
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import BinaryIO

from govgo.adapters.attribution import prefixed
from govgo.adapters.disk import modes
from govgo.adapters.disk.diskerror import disk_error
from govgo.adapters.disk.lockfile import locked
from govgo.adapters.http import servertext
from govgo.adapters.vcs.git import MAX_OUTPUT_BYTES, Git, GitError, UnknownRevisionError
from govgo.core.golib.quote import quote
from govgo.core.golib.url import mask
from govgo.core.module.info import Origin
from govgo.core.vcs.coderepo import Commit
from govgo.core.vcs.gitrefs import (
    HEADS,
    MIN_HASH_DIGITS,
    SHA1_DIGITS,
    SHA256_DIGITS,
    TAGS,
    is_hex,
    parse_refs,
    repo_sum,
    shorten,
    tag_sum,
    tags_with_prefix,
)
from govgo.core.version import semver
from govgo.errors import (
    CacheCorruptError,
    DiskError,
    Failure,
    GovgoError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
    UsageError,
)

# The go command's hint, word for word.
_NO_USER_HINT = (
    "Confirm the import path was entered correctly.\n"
    "If this is a private repository, see https://golang.org/doc/faq#git_https for additional information."
)

_KIND = "git3"
_MAX_INFO_BYTES = 1 << 16
_REMOTE = "origin"
_VERSION = re.compile(r"git version\s+(\d+\.\d+(?:\.\d+)?)")
# The first git that knows `init --object-format`. Where it does, the format is named, so that the user's
# init.defaultObjectFormat does not matter.
_OBJECT_FORMAT_SINCE = "v2.29"
# Put in the clone's own attributes, which win over those of the commit: an archive must hold every file as it is,
# not with what .gitattributes substitutes or leaves out (golang.org/issue/27153).
_ATTRIBUTES = b"\n* -export-subst -export-ignore\n"


def open_vcs_dir(gomodcache: str, url: str) -> str:
    """The directory for the clone of `url`; it is made, empty, where it or its .info file is missing or not the user's.

    Raises:
        UsageError: there is no module cache.
        CacheCorruptError: the directory belongs to another repository.
        DiskError: it cannot be made.
    """
    if not gomodcache:
        raise UsageError("neither GOPATH nor GOMODCACHE are set")
    key = f"{_KIND}:{url}"
    parent = os.path.join(gomodcache, "cache/vcs")
    directory = f"{parent}/{sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()}"
    try:
        os.makedirs(parent, exist_ok=True)
    except OSError as err:
        raise disk_error("mkdir", parent, err) from err
    with locked(directory + ".lock"):
        known = _read_info(directory + ".info")
        if known is not None and _is_ours(directory):
            have = known.decode("utf-8", "surrogateescape").removesuffix("\n")
            if have != key:
                text = f"{directory}.info exists with wrong content (have {quote(have)} want {quote(key)})"
                raise CacheCorruptError(text)
            return directory
        _make_vcs_dir(directory, key)
    return directory


def _is_ours(directory: str) -> bool:
    """Whether a clone is there, and nobody else can have put settings or hooks into it, for git would run them.

    git looks at the owner itself (safe.directory), but not where GIT_DIR names the clone, as it does here.
    """
    user = os.geteuid()
    try:
        found = os.lstat(directory)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != user:
            return False
        for place in filter(os.path.lexists, (directory, f"{directory}/hooks", f"{directory}/info")):
            with os.scandir(place) as entries:
                if any(each.is_symlink() or each.stat(follow_symlinks=False).st_uid != user for each in entries):
                    return False
    except OSError:
        return False
    return True


def remove_vcs_dir(directory: str) -> None:
    """Remove a clone that could not be made whole, or that is not to be used; the lock must be held."""
    with suppress(OSError):
        os.unlink(directory)  # a link in its place
    shutil.rmtree(directory, ignore_errors=True)


def _make_vcs_dir(directory: str, key: str) -> None:
    remove_vcs_dir(directory)
    if os.path.lexists(directory):
        text = f"{directory} belongs to another user and cannot be replaced"
        raise DiskError(text, path=directory, hint="set GOMODCACHE to a directory of your own")
    info = directory + ".info"
    try:
        os.makedirs(directory)
        descriptor = os.open(info, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, modes.FILE)
        with open(descriptor, "wb") as f:
            f.write(key.encode("utf-8", "surrogateescape"))
    except OSError as err:
        remove_vcs_dir(directory)
        raise disk_error("open", info, err) from err


def _read_info(path: str) -> bytes | None:
    try:
        with open(path, "rb") as f:
            return f.read(_MAX_INFO_BYTES)
    except OSError:
        return None


class GitClone:
    """The bare clone of a remote repository.

    Attributes:
        has_all: whether `fetch_all` has been done by this process.
    """

    def __init__(self, git: Git, url: str, gomodcache: str) -> None:
        """Find or make the directory for `url`; git has not been run in it if it is new.

        Raises:
            GovgoError: the directory cannot be used.
        """
        self.has_all = False
        self._git = git
        self._url = url
        self._dir = open_vcs_dir(gomodcache, url)

    def lock(self) -> AbstractContextManager[int]:
        """Hold the lock that every program, go too, takes before it changes the clone."""
        return locked(self._dir + ".lock")

    @property
    def exists(self) -> bool:
        """Whether the repository is made."""
        return os.path.exists(self._dir + "/objects")

    def create(self, *, sha256: bool) -> None:
        """Make the repository, for hashes of the given kind; the lock must be held.

        Raises:
            GitError: it could not be made.
        """
        try:
            found = _VERSION.match(self._git.run(["version"], self._dir).decode("utf-8", "replace"))
        except GitError as err:
            raise prefixed(err, "unable to resolve git version: failed to execute git version: ") from err
        words = ["init", "--bare"]
        if sha256:
            words.append("--object-format=sha256")
        elif found is not None and semver.compare(_OBJECT_FORMAT_SINCE, "v" + found[1]) <= 0:
            words.append("--object-format=sha1")
        try:
            self._git.run(words, self._dir)
            self.run("remote", "add", _REMOTE, "--", self._url)
        except BaseException:
            remove_vcs_dir(self._dir)
            raise

    def digits(self) -> int:
        """How many digits a hash of this repository has."""
        try:
            found = self.run("config", "extensions.objectformat").strip()
        except GitError:
            return SHA1_DIGITS
        return SHA256_DIGITS if found == b"sha256" else SHA1_DIGITS

    def fetch_all(self) -> None:
        """Fetch all branches and tags with their history; the lock must be held.

        Raises:
            GitError: git failed.
        """
        if self.has_all:
            return
        # In two steps: git up to 2.23 at least makes mistakes when one command does both.
        self.run("fetch", "-f", "--end-of-options", _REMOTE, f"{HEADS}*:{HEADS}*", f"{TAGS}*:{TAGS}*")
        if os.path.exists(self._dir + "/shallow"):
            self.run("fetch", "--unshallow", "-f", "--end-of-options", _REMOTE)
        self.has_all = True

    def ignore_export_attributes(self) -> None:
        """Make `git archive` ignore the repository's .gitattributes (see `_ATTRIBUTES`); the lock must be held.

        Raises:
            DiskError: the file that says so could not be written.
        """
        path = self._dir + "/info/attributes"
        try:
            os.makedirs(self._dir + "/info", exist_ok=True)
            with open(path, "a+b") as f:
                f.seek(0)
                if not f.read().endswith(_ATTRIBUTES):
                    f.write(_ATTRIBUTES)
        except OSError as err:
            raise disk_error("open", path, err) from err

    def run(self, *args: str, sink: BinaryIO | None = None, limit_bytes: int = MAX_OUTPUT_BYTES) -> bytes:
        """Run git in the clone; the rest as for `Git.run`."""
        return self._git.run(args, self._dir, git_dir=self._dir, remote=self._url, sink=sink, limit_bytes=limit_bytes)


class GitRepo:
    """A remote repository. Any thread may call; calls run one at a time."""

    def __init__(
        self,
        git: Git,
        url: str,
        gomodcache: str,
        is_missing: Callable[[str], bool],
        refs: dict[str, str] | None = None,
    ) -> None:
        """Find or make the clone in the module cache; no commit is fetched yet.

        Args:
            git: runs the commands.
            url: of the remote repository.
            gomodcache: the module cache.
            is_missing: whether the server of an http or https URL answers 404 or 410.
            refs: those of the remote repository, where they have been listed already.

        Raises:
            UsageError: not a URL.
            GovgoError: the clone cannot be made.
        """
        if "://" not in url:
            hint = " (use URL syntax not host:path syntax)" if ":" in url else ""
            raise UsageError(f"git remote ({mask(url)}) must not be local directory{hint}")
        self.url = url
        self._is_missing = is_missing
        self._lock = threading.RLock()
        self._refs: dict[str, str] | GovgoError | None = refs
        self._files: dict[tuple[str, str], bytes | None] = {}
        self._local_tags: set[str] | None = None
        self._commits: dict[str, Commit | GovgoError] = {}
        self._clone = GitClone(git, url, gomodcache)
        with self._clone.lock():
            if not self._clone.exists:
                self._create()
        self._digits = self._clone.digits()

    def refs(self) -> dict[str, str]:
        """The commit of HEAD, of each branch and of each tag, by its full name; listed once.  Raises GovgoError."""
        with self._lock:
            if self._refs is None:
                try:
                    self._refs = self._list_refs(_REMOTE)
                except Failure as err:
                    self._refs = err
            if isinstance(self._refs, GovgoError):
                raise self._refs
            return self._refs

    def tags(self, prefix: str) -> tuple[list[tuple[str, str]], Origin]:
        """(tag, commit) of the tags that begin with `prefix`, in order, and their origin.  Raises GovgoError."""
        tags = tags_with_prefix(self.refs(), prefix)
        return tags, Origin(vcs="git", url=self.url, tag_prefix=prefix, tag_sum=tag_sum(tags, prefix))

    def latest(self) -> Commit:
        """The commit of HEAD.

        Raises:
            NotFoundError: there is none.
            GovgoError: the repository cannot be read.
        """
        head = self.refs().get("HEAD", "")
        if not head:
            raise NotFoundError("no commits")
        commit = self.stat(head)
        return commit._replace(origin=commit.origin._replace(ref="HEAD", hash=head))

    def stat(self, rev: str) -> Commit:
        """The commit that a tag, branch, hash or beginning of a hash names, fetched into the clone.

        Raises:
            UnknownRevisionError: there is none.
            GovgoError: the repository cannot be read.
        """
        with self._lock:
            known = self._commits.get(rev)
            if known is None:
                try:
                    known = self._stat(rev)
                except Failure as err:
                    known = err
                self._commits[rev] = known
            if isinstance(known, GovgoError):
                raise known
            return known

    def read_file(self, rev: str, path: str, limit_bytes: int) -> bytes | None:
        """A file at a revision, None where there is none.  Raises as `stat`, and TooLargeError."""
        name = self.stat(rev).name
        with self._lock:
            if (name, path) not in self._files:
                words = ("cat-file", "--end-of-options", "blob", f"{name}:{path}")
                try:
                    self._files[name, path] = self._clone.run(*words, limit_bytes=limit_bytes)
                except TooLargeError as err:
                    text = f"{path} at revision {rev} exceeds {limit_bytes} bytes"
                    raise TooLargeError(text, limit_bytes=limit_bytes) from err
                except GitError as err:
                    if err.was_ended:
                        raise
                    self._files[name, path] = None
            return self._files[name, path]

    def archive(self, rev: str, subdir: str, sink: BinaryIO, limit_bytes: int) -> None:
        """Write a zip of the files at a revision, all below `prefix/`; of those in `subdir` unless that is "".

        Raises:
            NotFoundError: there is no such directory.
            TooLargeError: the zip is larger than `limit_bytes`.
            GovgoError: as `stat`.
        """
        commit = self.stat(rev)
        with self._lock, self._clone.lock():
            self._clone.ignore_export_attributes()
            # By default git may change the ends of lines in an archive, depending on the system and on its settings.
            settings = ("-c", "core.autocrlf=input", "-c", "core.eol=lf")
            words = ("archive", "--format=zip", "--prefix=prefix/", "--end-of-options", commit.name)
            try:
                self._clone.run(*settings, *words, *([subdir] if subdir else ()), sink=sink, limit_bytes=limit_bytes)
            except TooLargeError as err:
                raise TooLargeError("downloaded zip file too large", limit_bytes=limit_bytes) from err
            except GitError as err:
                if "did not match any files" in err.stderr:
                    raise NotFoundError("file does not exist", inner=err) from err
                raise

    def recent_tag(self, rev: str, prefix: str, is_allowed: Callable[[str], bool]) -> str:
        """The allowed tag of the highest version among those of `rev` and its ancestors, or "".

        Raises:
            GovgoError: as `stat`.
        """
        commit = self.stat(rev)
        tag = self._highest_merged(commit.name, prefix, is_allowed)
        # The clone may be shallow, and know neither the ancestors nor their tags; a tag that it knows is right.
        if (tag and not is_hex(tag)) or not tags_with_prefix(self.refs(), prefix + "v"):
            return tag
        with self._lock, self._clone.lock():
            self._clone.fetch_all()
        return self._highest_merged(commit.name, prefix, is_allowed)

    def descends_from(self, rev: str, tag: str) -> bool:
        """Whether `tag` names the commit `rev` or an ancestor of it.  Raises GovgoError."""
        words = ("merge-base", "--is-ancestor", "--", tag, rev)
        with suppress(GitError):  # in a shallow clone, "no" means nothing
            self._clone.run(*words)
            return True
        if not tags_with_prefix(self.refs(), tag):
            return False
        self.stat(rev)
        with self._lock, self._clone.lock():
            self._clone.fetch_all()
        try:
            self._clone.run(*words)
        except GitError as err:
            if err.status == 1:
                return False
            raise
        return True

    def check_reuse(self, old: Origin, subdir: str) -> None:
        """Check that an answer which was derived from `old` would be the same now.

        Raises:
            GovgoError: it might not be.
        """
        if (old.vcs, old.url) != ("git", self.url):
            raise UnavailableError(f"origin moved from {old.vcs} {quote(old.url)} to git {quote(self.url)}")
        if old.subdir != subdir:
            places = f"{quote(old.url)} {quote(old.subdir)} to git {quote(self.url)} {quote(subdir)}"
            raise UnavailableError(f"origin moved from {old.vcs} {places}")
        if not (old.hash or old.tag_sum or old.repo_sum):
            raise UnavailableError("non-specific origin")
        refs = self.refs()
        if old.ref:
            if old.ref not in refs:
                raise UnavailableError(f"ref {quote(old.ref)} deleted")
            if refs[old.ref] != old.hash:
                raise UnavailableError(f"ref {quote(old.ref)} moved from {old.hash} to {refs[old.ref]}")
        if old.tag_sum and self.tags(old.tag_prefix)[1].tag_sum != old.tag_sum:
            raise UnavailableError("tags changed")
        if old.repo_sum and repo_sum(refs) != old.repo_sum:
            raise UnavailableError("refs changed")

    def _list_refs(self, remote: str) -> dict[str, str]:
        try:
            return parse_refs(self._clone.run("ls-remote", "-q", "--end-of-options", remote))
        except GitError as err:
            if "fatal: could not read Username" in err.stderr:
                err.text += "\n" + _NO_USER_HINT
            if self.url.startswith(("http://", "https://")) and self._is_missing(self.url):
                raise NotFoundError(str(err), inner=err) from err
            raise

    def _create(self) -> None:
        if self._refs is None:
            try:
                self._refs = self._list_refs(self.url)
            except Failure as err:
                self._refs = err
        # A repository has one kind of hash. Where the refs could not be listed, any will do: nothing can be fetched.
        hashes = self._refs.values() if isinstance(self._refs, dict) else ()
        self._clone.create(sha256=any(len(commit) == SHA256_DIGITS for commit in hashes))

    def _stat(self, rev: str) -> Commit:
        is_hash = MIN_HASH_DIGITS <= len(rev) <= self._digits and is_hex(rev)
        if is_hash:
            with suppress(Failure):  # not in the clone yet
                return self._local(rev, rev)
        if self._local_tags is None:
            self._local_tags = self._list_local_tags()
        if rev in self._local_tags:
            return self._local(rev, TAGS + rev)
        ref, commit = self._find_ref(rev, is_hash=is_hash)
        if commit and ref != TAGS + rev:
            rev = commit  # what a branch names may change; tags keep their name
        try:
            found, ref = self._find(rev, ref, commit, known_absent=is_hash)
        except UnknownRevisionError as err:
            if ref and isinstance(err.origin, Origin):
                err.origin = err.origin._replace(ref=ref)
            raise
        origin = found.origin._replace(hash=found.name)
        return found._replace(origin=origin._replace(ref=ref) if ref != found.name else origin)

    def _find_ref(self, rev: str, *, is_hash: bool) -> tuple[str, str]:
        """The ref that a revision means, and its commit; "" for either that is not known."""
        refs = self.refs()
        for ref in (TAGS + rev, HEADS + rev, rev if rev == "HEAD" else ""):
            if refs.get(ref):
                return ref, refs[ref]
        if not is_hash:
            raise self._unknown(rev)
        matches = {commit for commit in refs.values() if commit.startswith(rev)}
        if len(matches) > 1:
            raise UnavailableError(f"ambiguous revision {rev}")
        if matches:
            commit = matches.pop()
            return min(ref for ref, each in refs.items() if each == commit), commit
        return "", rev if len(rev) == self._digits else ""

    def _find(self, rev: str, ref: str, commit: str, *, known_absent: bool) -> tuple[Commit, str]:
        """The commit, fetched if it is not in the clone, and the ref by which it was found.

        In order: what the clone has; this one commit without its history; everything.
        """
        with self._clone.lock():
            if not known_absent:
                with suppress(UnknownRevisionError):
                    found = self._local(rev, commit)
                    tag = ref.removeprefix(TAGS)
                    if ref == tag or tag in found.tags:
                        return found, ref
                    self._clone.run("tag", "--end-of-options", tag, commit)
                    self._local_tags = (self._local_tags or set()) | {tag}
                    return self._local(rev, ref), ref
            if not self._clone.has_all and ref and commit:
                if ref == "HEAD":
                    # Named so that the server sends the tags of the commit as well; the name is not used.
                    ref, refspec = commit, f"{commit}:refs/dummy"
                else:
                    refspec = f"{ref}:{ref}"
                # Version 1 of the protocol loses tags of the commit (golang.org/issue/56881).
                protocol = ("-c", "protocol.version=2")
                with suppress(GitError):  # an old or odd server may refuse: then everything is fetched
                    self._clone.run(*protocol, "fetch", "-f", "--depth=1", "--end-of-options", _REMOTE, refspec)
                    return self._local(rev, ref), ref
            self._clone.fetch_all()
            return self._local(rev, rev), ref

    def _local(self, version: str, rev: str) -> Commit:
        """The commit `rev` of the clone; its `version` is `version` if that is one of its tags, else its hash."""
        # Hash, time in seconds, then refs: "HEAD -> main, tag: v1.0.0". A signature would come before that line.
        words = ("log", "--no-decorate", "-n1", "--format=format:%H %ct %D", "--end-of-options", rev, "--")
        try:
            out = self._clone.run("-c", "log.showsignature=false", *words).decode("utf-8", "surrogateescape")
        except GitError as err:
            if err.was_ended:
                raise
            raise self._unknown(rev) from None
        fields = out.split()
        if len(fields) < 2 or not fields[1].isdigit() or not is_hex(fields[0]):
            raise UnavailableError(f"unexpected response from git log: {quote(servertext.shorten(out))}")
        try:
            time = datetime.fromtimestamp(int(fields[1]), UTC)
        except (
            ValueError,
            OverflowError,
            OSError,
        ):  # git takes any number of seconds, a datetime none after the year 9999
            raise UnavailableError(f"unexpected response from git log: {quote(servertext.shorten(out))}") from None
        name = fields[0]
        tags = {tag.removesuffix(",") for mark, tag in itertools.pairwise(fields) if mark == "tag:"}
        with suppress(Failure):
            tags |= {ref[len(TAGS) :] for ref, each in self.refs().items() if each == name and ref.startswith(TAGS)}
        return Commit(
            name=name,
            short=shorten(name, self._digits),
            version=version if version in tags else name,
            time=time,
            tags=tuple(sorted(tags)),
            origin=Origin(vcs="git", url=self.url, hash=name, ref="" if name.startswith(rev) else rev),
        )

    def _unknown(self, rev: str) -> UnknownRevisionError:
        error = UnknownRevisionError(rev)
        with suppress(Failure):
            error.origin = Origin(vcs="git", url=self.url, repo_sum=repo_sum(self.refs()))
        return error

    def _list_local_tags(self) -> set[str]:
        try:
            out = self._clone.run("tag", "-l").decode("utf-8", "surrogateescape")
        except GitError:
            return set()
        return set(out.split("\n")) - {""}

    def _highest_merged(self, commit: str, prefix: str, is_allowed: Callable[[str], bool]) -> str:
        out = self._clone.run("for-each-ref", "--format=%(refname)", "--merged=" + commit)
        lines: Iterable[str] = out.decode("utf-8", "surrogateescape").split("\n")
        tags = [line[len(TAGS) :] for line in lines if line.startswith(TAGS + prefix)]
        tags.sort(key=lambda tag: semver.key(tag[len(prefix) :]), reverse=True)
        return next((tag for tag in tags if is_allowed(tag)), "")
