# SPDX-License-Identifier: BSD-3-Clause
"""What lies in archives and on the disk: zips, links, crashes, outputs."""

from __future__ import annotations

from tests.attacks.mutants.mutant import Mutant

ATTACKS = "tests/adapters/sumdb/test_client.py::"
REPOSITORY = "tests/adapters/repository/test_repository.py::"
STREAMS = "tests/adapters/repository/test_gomodstream.py::"
ZIPS = "tests/adapters/modzip/test_hash.py::"
ARCHIVE = "tests/adapters/storage/test_archive.py::"
CACHE = "tests/adapters/modcache/test_cache.py::"
FORMAT = "tests/core/modzip/test_zipformat.py::"
RENEW = "tests/adapters/disk/test_renew.py::"
SEALED = "tests/adapters/disk/test_sealed.py::"
OUTPUTS = "tests/adapters/disk/test_streams.py::"

MUTANTS = {
    "zip-prefix-hash": Mutant(
        "zips",
        "every name has the module's prefix",
        "adapters/modzip/hash.py",
        '            if not entry.name.startswith(prefix):\n                raise BadZipError(f"zip for',
        '            if False:\n                raise BadZipError(f"zip for',
        (ZIPS + "test_zip_of_another_module",),
    ),
    "zip-names": Mutant(
        "zips",
        "names are sound and do not collide",
        "adapters/modzip/hash.py",
        "    if found.fault:\n",
        "    if False:\n",
        (ZIPS + "test_refused",),
    ),
    "zip-local-headers": Mutant(
        "zips",
        "local and central headers agree, and only regular files are taken",
        "adapters/modzip/read.py",
        "            fault = zipformat.kind_fault(entry) or zipformat.local_fault(entry, local, head)\n",
        '            fault = ""\n',
        (ZIPS + "test_refused",),
    ),
    "zip-go-mod-on-its-way": Mutant(
        "zips",
        "a go.mod counts as served before it is on the disk",
        "adapters/repository/gomods.py",
        "        return known if isinstance(known, bytes) else self._cache.read_gomod(mv)\n",
        "        return self._cache.read_gomod(mv)\n",
        (STREAMS + "test_attack_a_zip_with_another_go_mod_beside_a_helper_that_is_slow",),
    ),
    "zip-go-mod": Mutant(
        "zips",
        "the go.mod in the zip is the one that was served",
        "adapters/modzip/hash.py",
        '        if gomod is not None and not mv.version.endswith("+incompatible"):\n',
        "        if False:\n",
        (
            ZIPS + "test_go_mod_in_the_zip_differs_from_the_one_served",
            REPOSITORY + "test_attack_a_zip_whose_gomod_is_another",
        ),
    ),
    "tree-under-its-name": Mutant(
        "zips",
        "a tree that is made before its hash is accepted has another name",
        "adapters/modcache/cache.py",
        "        with temporary_tree(final) as path:\n",
        "        for path in (final,):\n",
        (REPOSITORY + "test_attack_another_zip_than_go_sum_knows",),
    ),
    "tree-before-its-hash": Mutant(
        "zips",
        "a tree appears after its hash was accepted",
        "adapters/repository/zips.py",
        "                await self._sums.check(mv, h1)\n            except (BadZip",
        "                tree is None or tree.commit()\n                await self._sums.check(mv, h1)\n"
        "            except (BadZip",
        (REPOSITORY + "test_attack_another_zip_than_go_sum_knows",),
    ),
    "zip-bomb": Mutant(
        "zips",
        "no more is inflated than was declared",
        "adapters/modzip/read.py",
        "            if total > entry.size:\n                raise BadZipError(NOT_A_ZIP)\n",
        "",
        (ZIPS + "test_bomb_is_not_inflated_past_its_declared_size",),
    ),
    "zip-slash": Mutant(
        "zips",
        "a name that begins with a slash after the prefix is no plain name",
        "core/modzip/rules.py",
        '    if _PLAIN_NAME.match(base) and (slash == "" or collisions.is_sound(head)):\n',
        '    if _PLAIN_NAME.match(base) and (head == "" or collisions.is_sound(head)):\n',
        (ZIPS + "test_refused",),
    ),
    "zip-bounds": Mutant(
        "zips",
        "names are no longer or deeper than a disk can hold",
        "core/modzip/zipformat.py",
        "        bounds.check_name(entry.raw_name)\n",
        "",
        (ZIPS + "test_refused",),
    ),
    "zip-entries": Mutant(
        "zips",
        "no more than some entries are read",
        "core/modzip/zipformat.py",
        "        if len(entries) == bounds.MAX_ENTRIES:\n",
        "        if False:\n",
        (FORMAT + "test_attack_entries_without_end",),
    ),
    "zip-directory": Mutant(
        "zips",
        "the directory has a limit in bytes",
        "core/modzip/zipformat.py",
        "        if window.taken > bounds.MAX_DIRECTORY:\n",
        "        if False:\n",
        (FORMAT + "test_attack_a_directory_without_end",),
    ),
    "zip-extra-fields": Mutant(
        "zips",
        "no more than some extra fields are looked through",
        "core/modzip/zipformat.py",
        "    for _ in range(bounds.MAX_EXTRA_FIELDS + 1):",
        "    while True:",
        (FORMAT + "test_attack_extra_fields_without_end",),
    ),
    "zip-overlaps": Mutant(
        "zips",
        "no entry lies within another",
        "adapters/modzip/read.py",
        "            zipformat.check_places(self.entries)\n",
        "            pass\n",
        (ZIPS + "test_refused",),
    ),
    "zip-shared-streams": Mutant(
        "zips",
        "no reader inflates more of one archive than a module zip may hold",
        "adapters/modzip/read.py",
        "        if self.inflated > _MAX_INFLATED:\n",
        "        if False:\n",
        (ZIPS + "test_entries_that_share_one_stream_are_inflated_up_to_the_limit_of_all",),
    ),
    "archive-doubles": Mutant(
        "archives",
        "no two members of an archive have one name",
        "adapters/storage/archive.py",
        "                    if key in found or len(found) >= MAX_MEMBERS:\n",
        "                    if len(found) >= MAX_MEMBERS:\n",
        (ARCHIVE + "test_attack_an_archive_that_shows_each_reader_something_else",),
    ),
    "archive-names": Mutant(
        "archives",
        "the name of a member is a key of storages",
        "adapters/storage/archive.py",
        "                    check_key(key)\n                    if key in found",
        "                    if key in found",
        (ARCHIVE + "test_tar_files_that_are_refused", ARCHIVE + "test_zip_files_that_are_refused"),
    ),
    "archive-headers": Mutant(
        "archives",
        "headers of tar files are bounded",
        "adapters/disk/archives.py",
        "        if self.type in _LONG and self.size > _MOST_HEADER_BYTES:\n",
        "        if False:\n",
        ("tests/attacks/test_hostile_archives.py::test_attack_a_part_of_a_mirror_whose_headers_are_a_bomb",),
    ),
    "planted-lock": Mutant(
        "planted links",
        "a link in the place of a file is not written through",
        "adapters/disk/lockfile.py",
        "    flags |= os.O_NOFOLLOW | os.O_CLOEXEC\n",
        "    flags |= os.O_CLOEXEC\n",
        (CACHE + "test_planted_link_in_the_cache_is_not_written_through",),
    ),
    "planted-index": Mutant(
        "planted links",
        "a link in the place of an index is not read",
        "adapters/disk/sealed.py",
        "_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | ",
        "_READ = os.O_RDONLY | os.O_CLOEXEC | ",
        (SEALED + "test_attack_a_link_in_the_place_of_a_file_is_not_followed",),
    ),
    "planted-temporary": Mutant(
        "planted links",
        "a link in the place of a temporary file is not written through",
        "adapters/disk/sealed.py",
        "os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, modes.PRIVATE_FILE",
        "os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, modes.PRIVATE_FILE",
        (SEALED + "test_attack_a_link_in_the_place_of_a_temporary_file_is_not_written_through",),
    ),
    "no-lock": Mutant(
        "crowds",
        "writers of one version wait for each other",
        "adapters/disk/lockfile.py",
        "            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "            pass\n",
        (CACHE + "test_lock_waits_for_another_process",),
    ),
    "half-files": Mutant(
        "crashes",
        "a file appears whole or not at all",
        "adapters/disk/atomic.py",
        "        descriptor, name = create_temp(path)\n",
        "        descriptor, name = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, modes.FILE), path\n",
        (
            ATTACKS + "test_planted_link_is_not_written_through",
            CACHE + "test_old_file_survives_a_full_disk",
        ),
    ),
    "overwritten-unkept": Mutant(
        "crashes",
        "the old content is kept while a file is overwritten",
        "adapters/disk/renew.py",
        "        kept = _keep(path, before, data, places)\n",
        "        kept = path + _KEPT\n",
        (RENEW + "test_killed_at_any_byte",),
    ),
    "kept-by-others": Mutant(
        "crashes",
        "only a directory of the user's own keeps contents",
        "adapters/disk/renew.py",
        "and facts.st_uid == os.geteuid() and not facts.st_mode & modes.OTHERS_WRITE\n",
        "\n",
        (RENEW + "test_a_directory_that_others_may_write_keeps_nothing",),
    ),
    "lost-interrupt": Mutant(
        "crashes",
        "Ctrl-C within a callback of libcurl ends the command",
        "adapters/loop/network.py",
        "            with interrupts_call(stop):\n",
        "            with interrupts_call(stop) if False else memoryview(b''):\n",
        ("tests/adapters/test_interrupts.py::test_an_interrupt_within_a_callback_that_swallows_it_ends_the_command",),
    ),
    "cut-between-files": Mutant(
        "crashes",
        "go.mod and go.sum are written in one block that no signal cuts",
        "load/mainmodule/write.py",
        "    with session.files.together() if writes_go_mod else nullcontext():\n",
        "    with nullcontext():\n",
        ("tests/cli/test_streams.py::test_a_signal_between_go_mod_and_go_sum_comes_after_both",),
    ),
    "replaced-device": Mutant(
        "outputs",
        "what is no regular file is written into",
        "adapters/disk/streams.py",
        "    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)\n",
        "    return False\n",
        (OUTPUTS + "test_what_is_a_stream",),
    ),
}
