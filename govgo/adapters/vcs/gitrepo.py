# SPDX-License-Identifier: BSD-3-Clause
"""A remote git repository; only what was needed of it is fetched into its clone.

Commits come from HEAD, branches and tags alone, never from other refs that a host may serve (those of rejected
changes, for example). A single commit is fetched without its history; the whole history only where ancestors matter.

Source: cmd/go/internal/modfetch/codehost (git.go).
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import BinaryIO

from govgo.adapters.disk.temporary import start_over
from govgo.adapters.vcs.git import NOT_INSTALLED, Git, GitError, UnknownRevisionError, commit_time, odd_log
from govgo.adapters.vcs.gitclone import REMOTE, GitClone
from govgo.core.golib.quote import quote
from govgo.core.golib.url import mask
from govgo.core.lazyregex import late
from govgo.core.module.info import Origin
from govgo.core.vcs.coderepo import Commit
from govgo.core.vcs.gitrefs import (
    HEADS,
    MIN_HASH_DIGITS,
    SHA256_DIGITS,
    TAGS,
    is_hex,
    is_version_tag,
    parse_refs,
    repo_sum,
    shorten,
    tag_sum,
    tags_with_prefix,
)
from govgo.core.version import semver
from govgo.errors import (
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

# libcurl compares the host alone.
_NO_LOGIN = (
    "git has no login for this host: ~/.netrc (`machine HOST`, without a port) or a credential helper of git gives it "
    "one, GOAUTH does not"
)
# As libcurl says it with OpenSSL, with GnuTLS, and with others.
_BAD_CERTIFICATE = late(r"SSL certificate problem|server certificate verification failed|SSL peer certificate")
_MAX_COMMIT_BYTES = 1 << 20
# The line of a commit that says when it was made, if the number is one that every git reads in the same way.
_COMMITTER = late(rb"^committer [^\n]*> ([0-9]{1,12}) [+-][0-9]{4}$", re.MULTILINE)


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
                self._clone.create(sha256=False)
        self._digits = self._clone.digits()
        if isinstance(self._refs, dict):
            self._match_hashes(self._refs)

    def refs(self) -> dict[str, str]:
        """The commit of HEAD, of each branch and of each tag, by its full name; listed once.  Raises GovgoError."""
        with self._lock:
            if self._refs is None:
                try:
                    self._refs = self._list_refs(self.url if self._clone.is_own else REMOTE)
                except Failure as err:
                    self._refs = err
                else:
                    self._match_hashes(self._refs)
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

    def with_all_tags(self, commit: Commit) -> Commit:
        """A commit with all its tags: what `stat` gives may lack some, as it lists the refs only where it has to."""
        try:
            tags = {*commit.tags, *self._tags_of(commit.name, self.refs())}
        except Failure:
            return commit
        return commit._replace(tags=tuple(sorted(tags)))

    def read_file(self, rev: str, path: str, limit_bytes: int) -> bytes | None:
        """A file at a revision, None where there is none.  Raises as `stat`, and TooLargeError."""
        name = self.stat(rev).name
        with self._lock:
            if (name, path) not in self._files:
                try:
                    found = self._clone.objects.read(f"{name}:{path}", limit_bytes)
                except TooLargeError as err:
                    text = f"{path} at revision {rev} exceeds {limit_bytes} bytes"
                    raise TooLargeError(text, limit_bytes=limit_bytes) from err
                self._files[name, path] = found.data if found is not None and found.kind == "blob" else None
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
            settings = ("-c", "core.autocrlf=input", "-c", "core.eol=lf", "archive", "--format=zip", "--prefix=prefix/")
            place = ("--end-of-options", commit.name, *([subdir] if subdir else ()))
            try:
                try:
                    # Without compression, since the archive is read at once.
                    self._clone.run(*settings, "-0", *place, sink=sink, limit_bytes=limit_bytes)
                except TooLargeError:  # the limit is that of go, whose archives are compressed
                    start_over(sink)
                    self._clone.run(*settings, *place, sink=sink, limit_bytes=limit_bytes)
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
            if self._clone.is_own and str(err).endswith(NOT_INSTALLED):
                raise GitError(
                    f"unable to resolve git version: failed to execute git version: {NOT_INSTALLED}"
                ) from err
            if "fatal: could not read Username" in err.stderr:
                err.text += "\n" + _NO_USER_HINT
                err.hint = _NO_LOGIN
            elif _BAD_CERTIFICATE.search(err.stderr):
                err.hint = (
                    "git trusts the authorities that its own setting names: `git config --global http.sslCAInfo FILE`"
                )
            if self.url.startswith(("http://", "https://")) and self._is_missing(self.url):
                raise NotFoundError(str(err), inner=err) from err
            raise

    def _match_hashes(self, refs: dict[str, str]) -> None:
        """Make the clone anew if the remote repository has another kind of hash: nothing could be fetched into it."""
        sha256 = any(len(commit) == SHA256_DIGITS for commit in refs.values())
        if refs and sha256 != (self._digits == SHA256_DIGITS):
            with self._clone.lock():
                self._clone.create(sha256=sha256)
            self._digits = self._clone.digits()

    def _stat(self, rev: str) -> Commit:
        is_hash = MIN_HASH_DIGITS <= len(rev) <= self._digits and is_hex(rev)
        if is_hash and not self._clone.is_empty:
            with suppress(Failure):  # not in the clone yet
                return self._local(rev, rev)
        if self._local_tags is None:
            self._local_tags = self._clone.tags()
        if rev in self._local_tags:
            return self._local(rev, TAGS + rev)
        found = self._fetch_tag(rev)
        if found is not None:
            return found
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

    def _fetch_tag(self, rev: str) -> Commit | None:
        """The commit of a tag that is a version, fetched without a look at the list of refs; None to look there.

        This one request in the place of two is enough for most versions that a go.mod names. In a clone of an earlier
        process, the commit may be there with its history, which this would cut off.
        """
        clone = self._clone
        if self._refs is not None or not clone.is_own or clone.has_all or not is_version_tag(rev):
            return None
        ref = TAGS + rev
        try:
            with clone.lock():
                clone.fetch_one(f"{ref}:{ref}")
            return self._local(rev, ref)
        except Failure:
            return None

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
            if not (known_absent or self._clone.is_empty):
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
                with suppress(GitError):  # an old or odd server may refuse: then everything is fetched
                    self._clone.fetch_one(refspec)
                    return self._local(rev, ref), ref
            self._clone.fetch_all()
            return self._local(rev, rev), ref

    def _local(self, version: str, rev: str) -> Commit:
        """The commit `rev` of the clone; its `version` is `version` if that is one of its tags, else its hash."""
        name, seconds, local_tags = self._read_commit(rev) or self._log(rev)
        if len(name) != self._digits:
            raise odd_log(f"{name} {seconds}")
        time = commit_time(name, seconds)
        tags = set(local_tags)
        if isinstance(self._refs, dict):
            tags.update(self._tags_of(name, self._refs))
        return Commit(
            name=name,
            short=shorten(name, self._digits),
            version=version if version in tags else name,
            time=time,
            tags=tuple(sorted(tags)),
            origin=Origin(vcs="git", url=self.url, hash=name, ref="" if name.startswith(rev) else rev),
        )

    def _read_commit(self, rev: str) -> tuple[str, str, tuple[str, ...]] | None:
        """As `_log`, without a process of its own, for a commit of the usual form in a clone of our own."""
        if not self._clone.is_own:
            return None
        try:
            found = self._clone.objects.read(f"{rev}^{{commit}}", _MAX_COMMIT_BYTES)
        except TooLargeError:
            return None
        committers = _COMMITTER.findall(found.data.partition(b"\n\n")[0]) if found is not None else []
        if found is None or len(committers) != 1:
            return None
        return found.name, committers[0].decode(), (rev[len(TAGS) :],) if rev.startswith(TAGS) else ()

    def _log(self, rev: str) -> tuple[str, str, tuple[str, ...]]:
        """Hash, time in seconds and tags of the commit `rev` of the clone."""
        # Hash, time, then refs: "HEAD -> main, tag: v1.0.0". A signature would come before that line.
        words = ("log", "--no-decorate", "-n1", "--format=format:%H %ct %D", "--end-of-options", rev, "--")
        try:
            out = self._clone.run("-c", "log.showsignature=false", *words).decode("utf-8", "surrogateescape")
        except GitError as err:
            if err.was_ended:
                raise
            raise self._unknown(rev) from None
        fields = out.split()
        if len(fields) < 2 or not fields[1].isdigit() or not is_hex(fields[0]):
            raise odd_log(out)
        tags = tuple(tag.removesuffix(",") for mark, tag in itertools.pairwise(fields) if mark == "tag:")
        return fields[0], fields[1], tags

    def _tags_of(self, commit: str, refs: dict[str, str]) -> list[str]:
        return [ref[len(TAGS) :] for ref, each in refs.items() if each == commit and ref.startswith(TAGS)]

    def _unknown(self, rev: str) -> UnknownRevisionError:
        error = UnknownRevisionError(rev)
        with suppress(Failure):
            error.origin = Origin(vcs="git", url=self.url, repo_sum=repo_sum(self.refs()))
        return error

    def _highest_merged(self, commit: str, prefix: str, is_allowed: Callable[[str], bool]) -> str:
        out = self._clone.run("for-each-ref", "--format=%(refname)", "--merged=" + commit)
        lines: Iterable[str] = out.decode("utf-8", "surrogateescape").split("\n")
        tags = [line[len(TAGS) :] for line in lines if line.startswith(TAGS + prefix)]
        tags.sort(key=lambda tag: semver.key(tag[len(prefix) :]), reverse=True)
        return next((tag for tag in tags if is_allowed(tag)), "")
