# SPDX-License-Identifier: BSD-3-Clause
"""Repositories of strangers: fetched, cloned, checked out, packed."""

from __future__ import annotations

from tests.attacks.mutants.mutant import Mutant

DISCOVERY = "tests/adapters/vcs/test_discovery.py::"
CODEREPO = "tests/core/vcs/test_coderepo.py::"
GIT = "tests/adapters/vcs/test_git.py::"
GITOBJECTS = "tests/adapters/vcs/test_gitobjects.py::"
GITFOREIGN = "tests/adapters/vcs/test_gitforeign.py::"
GITCLONE = "tests/adapters/vcs/test_gitclone.py::"
GITREPO = "tests/adapters/vcs/test_gitrepo.py::"
ARCHIVE = "tests/adapters/workspace/test_archive.py::"
DIRECTORY = "tests/adapters/workspace/test_directory.py::"
LOCKFILE = "tests/adapters/disk/test_lockfile.py::"
HOSTILE_CHECKOUT = "tests/attacks/test_hostile_checkout.py::"
LINES = "tests/core/gosum/test_lines.py::"
GRAPH = "tests/load/buildlist/test_graph.py::"
GOVGOTOML = "tests/core/test_govgotoml.py::"
WORKTREE = "tests/adapters/vcs/test_worktree.py::"
GITSHOW = "tests/adapters/vcs/test_gitshow.py::"

MUTANTS = {
    "vcs-disagree": Mutant(
        "git",
        "the page of a tag's prefix has the same tag",
        "adapters/vcs/discovery.py",
        "        if not agrees:\n",
        "        if False:\n",
        (DISCOVERY + "test_attack_a_page_that_speaks_for_its_host",),
    ),
    "vcs-subdirectory": Mutant(
        "git",
        "the subdirectory of a tag is no option and no path from the root",
        "adapters/vcs/discovery.py",
        '        fault = {"/": "leading slash", "-": "leading hyphen"}.get(tag.subdir[:1])\n',
        '        fault = ""\n',
        (DISCOVERY + "test_pages_that_do_not_help",),
    ),
    "vcs-above": Mutant(
        "git",
        "the subdirectory of a tag lies in the repository",
        "core/vcs/coderepo.py",
        '        if code_dir == ".." or code_dir.startswith(("../", "/")):\n',
        "        if False:\n",
        (CODEREPO + "test_places_that_are_none",),
    ),
    "vcs-file": Mutant(
        "git",
        "no tag leads to a repository of this machine, whatever schemes the user allows",
        "adapters/vcs/discovery.py",
        '"file scheme disallowed" if scheme == "file" else ',
        "",
        (DISCOVERY + "test_attack_a_tag_with_a_repository_of_this_machine",),
    ),
    "govcs": Mutant(
        "git",
        "GOVCS is asked before git is",
        "adapters/vcs/discovery.py",
        "            check_govcs(self._env, tag.vcs, tag.prefix)\n",
        "            pass\n",
        (DISCOVERY + "test_govcs_has_the_last_word",),
    ),
    "git-output": Mutant(
        "git",
        "the output of git has a limit",
        "adapters/vcs/git.py",
        "            if size > limit_bytes:\n",
        "            if False:\n",
        (GIT + "test_attack_endless_output_is_cut",),
    ),
    "git-complaints": Mutant(
        "git",
        "what git complains of has a limit",
        "adapters/vcs/git.py",
        "errors.read(_MAX_STDERR_BYTES)",
        "errors.read()",
        (GIT + "test_attack_a_complaint_of_megabytes_is_not_read_whole",),
    ),
    "git-disk": Mutant(
        "git",
        "complaints without end are given up",
        "adapters/vcs/git.py",
        "            if os.fstat(self._errors).st_size > _MAX_SAID_BYTES:\n",
        "            if False:\n",
        (GIT + "test_attack_complaints_without_end_do_not_fill_the_disk",),
    ),
    "git-clone": Mutant(
        "git",
        "a clone has a limit",
        "adapters/vcs/gitclone.py",
        "        if size > MAX_CLONE_BYTES:\n",
        "        if False:\n",
        (GITCLONE + "test_attack_a_pack_without_end_does_not_fill_the_disk",),
    ),
    "git-controls": Mutant(
        "server text",
        "control characters of what git says are not shown",
        "adapters/vcs/git.py",
        '"".join(c if c.isprintable() else " " for c in line)',
        "line",
        (GIT + "test_attack_passwords_and_control_characters_do_not_come_out",),
    ),
    "git-secrets": Mutant(
        "secrets",
        "passwords in what git says are masked",
        "adapters/vcs/git.py",
        '    return mask_all("\\n".join(lines))\n',
        '    return "\\n".join(lines)\n',
        (GIT + "test_attack_passwords_and_control_characters_do_not_come_out",),
    ),
    "git-prompt": Mutant(
        "git",
        "git asks nobody for a password",
        "adapters/vcs/git.py",
        '        self._environ.setdefault("GIT_TERMINAL_PROMPT", "0")\n',
        "",
        (GIT + "test_git_asks_no_questions_unless_the_user_wants_it",),
    ),
    "git-object": Mutant(
        "git",
        "an object has a limit",
        "adapters/vcs/gitobjects.py",
        "        if size > limit_bytes:\n",
        "        if False:\n",
        (GITOBJECTS + "test_attack_an_object_past_its_limit",),
    ),
    "git-program-url": Mutant(
        "git",
        "a URL of a unit is no program and no flag",
        "adapters/vcs/gitforeign.py",
        '    if url.startswith("-") or "::" in scheme or scheme not in ("https", "http", "ssh", "git", "file"):\n',
        "    if False:\n",
        (GITFOREIGN + "test_urls_that_name_programs",),
    ),
    "git-clone-of-another": Mutant(
        "git",
        "a clone is that of its URL",
        "adapters/vcs/gitclone.py",
        "            if have != key:\n",
        "            if False:\n",
        (GITCLONE + "test_the_clone_lies_where_go_keeps_it",),
    ),
    "git-clone-link": Mutant(
        "planted links",
        "a link in the place of a clone's .info is not written through",
        "adapters/vcs/gitclone.py",
        "os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC",
        "os.O_TRUNC | os.O_CLOEXEC",
        (GITCLONE + "test_attack_a_planted_link_is_not_written_through",),
    ),
    "git-hooks": Mutant(
        "git",
        "hooks and attributes of a clone are the user's own",
        "adapters/vcs/gitclone.py",
        '(directory, f"{directory}/hooks", f"{directory}/info")',
        "(directory,)",
        (GITCLONE + "test_attack_a_clone_that_somebody_else_has_prepared",),
    ),
    "git-attributes": Mutant(
        "git",
        "the attributes of a repository change nothing in a zip",
        "adapters/vcs/gitrepo.py",
        "            self._clone.ignore_export_attributes()\n",
        "",
        (GITREPO + "test_archives_hold_every_file_as_it_is",),
    ),
    "pseudo-time": Mutant(
        "git",
        "the time in a pseudo-version is that of its commit",
        "core/vcs/coderepo.py",
        "        if pseudo_time(version) != commit.time.replace(microsecond=0):\n",
        "        if False:\n",
        (CODEREPO + "test_attack_pseudo_versions_that_lie",),
    ),
    "pseudo-hash": Mutant(
        "git",
        "the hash in a pseudo-version is that of its commit",
        "core/vcs/coderepo.py",
        "        if rev != commit.short:\n",
        "        if False:\n",
        (CODEREPO + "test_attack_pseudo_versions_that_lie",),
    ),
    "pseudo-base": Mutant(
        "git",
        "a tagged commit has no pseudo-version behind its tag",
        "core/vcs/coderepo.py",
        "            if tag.removeprefix(self.tag_prefix) == base:\n",
        "            if False:\n",
        (CODEREPO + "test_attack_pseudo_versions_that_lie",),
    ),
    "sources-limits": Mutant(
        "archives",
        "an archive of sources has a limit",
        "adapters/workspace/archive.py",
        "        if names > _MOST_ENTRIES or bytes_declared > _MOST_BYTES or len(raw) > _LONGEST_NAME:\n",
        "        if False:\n",
        (ARCHIVE + "test_limits",),
    ),
    "sources-directories": Mutant(
        "archives",
        "the directories in an archive of sources have a limit",
        "adapters/workspace/archive.py",
        "                if size > _MOST_BYTES_OF_NAMES:\n",
        "                if False:\n",
        ("tests/attacks/test_hostile_archives.py::test_attack_a_file_in_directories_without_end",),
    ),
    "sources-kept": Mutant(
        "archives",
        "what is kept of an archive of sources has a limit",
        "adapters/workspace/archive.py",
        "            if bytes_kept > _MOST_BYTES_KEPT:\n",
        "            if False:\n",
        (ARCHIVE + "test_limits",),
    ),
    "sources-pipe": Mutant(
        "checkouts",
        "what is no regular file of another's checkout is not read",
        "adapters/workspace/directory.py",
        "                if not stat.S_ISREG(facts.st_mode):\n",
        "                if False:\n",
        (DIRECTORY + "test_a_pipe_is_not_waited_for",),
    ),
    "sources-large": Mutant(
        "checkouts",
        "a file of another's checkout has a limit",
        "adapters/workspace/directory.py",
        "        if len(data) > _MOST_BYTES:\n",
        "        if False:\n",
        (DIRECTORY + "test_a_file_without_end",),
    ),
    "endless-link": Mutant(
        "checkouts",
        "a file of the main module that has no end is given up",
        "adapters/disk/lockfile.py",
        "        if room < 0:\n",
        "        if False:\n",
        (
            LOCKFILE + "test_attack_a_file_without_end",
            HOSTILE_CHECKOUT + "test_attack_a_go_sum_without_end",
            HOSTILE_CHECKOUT + "test_attack_another_file_without_end",
        ),
    ),
    "endless-file": Mutant(
        "checkouts",
        "a file that is read whole has a limit",
        "adapters/disk/lockfile.py",
        "    if size > _LARGEST:\n",
        "    if False:\n",
        (LOCKFILE + "test_attack_a_file_larger_than_any_that_is_read_whole",),
    ),
    "endless-line": Mutant(
        "limits",
        "a line of go.sum has a limit",
        "core/gosum/lines.py",
        "        if len(fields) != 3 or len(line) > MAX_LINE:\n",
        "        if len(fields) != 3:\n",
        (LINES + "test_attack_a_line_of_megabytes",),
    ),
    "endless-graph": Mutant(
        "limits",
        "a module graph has a limit",
        "load/buildlist/graph.py",
        "        if self._asked > MAX_GO_MODS:\n",
        "        if False:\n",
        (GRAPH + "test_attack_a_graph_without_end",),
    ),
    "policy-list": Mutant(
        "limits",
        "a list of a govgo.toml has a limit",
        "core/govgotoml.py",
        "        if isinstance(value, list) and len(value) > MAX_ENTRIES:\n",
        "        if False:\n",
        (GOVGOTOML + "test_attack_more_than_any_policy_has",),
    ),
    "checkout-repository": Mutant(
        "checkouts",
        "git is started where a .git is",
        "adapters/vcs/gitshow.py",
        '            return ""\n    return above\n',
        '            return ""\n    return os.path.realpath(directory)\n',
        (
            WORKTREE + "test_attack_a_directory_that_looks_like_a_repository",
            GITSHOW + "test_attack_a_directory_that_looks_like_a_repository",
            HOSTILE_CHECKOUT + "test_attack_a_repository_in_a_repository",
        ),
    ),
}
