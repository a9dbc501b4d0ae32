# SPDX-License-Identifier: BSD-3-Clause
"""What servers do for whom: rights, uploads, hooks."""

from __future__ import annotations

from tests.attacks.mutants.mutant import Mutant

ACCESS = "tests/serve/test_access.py::"
HOOKS = "tests/serve/hooks/test_route.py::"
PAYLOAD = "tests/serve/hooks/test_payload.py::"
PUBLISH = "tests/serve/publish/test_route.py::"
QUESTION = "tests/serve/protocol/test_question.py::"
PUBLISHED = "tests/serve/upstream/test_published.py::"
ROUTES = "tests/serve/registry/test_routes.py::"
RULES = "tests/serve/server/test_rules.py::"
SERVER = "tests/serve/server/test_server.py::"
SERVED_WIRE = "tests/attacks/test_served_wire.py::"
FOLLOW = "tests/serve/events/test_follow.py::"
VERDICTS = "tests/serve/upstream/test_verdicts.py::"
COPIES = "tests/serve/upstream/test_copies.py::"

MUTANTS = {
    "publish-right": Mutant(
        "publishing",
        "who has no right to a module publishes no version of it",
        "serve/publish/route.py",
        "        if not site.access.may(user, PUBLISH, mod.path):\n",
        "        if False:\n",
        (PUBLISH + "test_who_may",),
    ),
    "publish-covers": Mutant(
        "publishing",
        "modules that live elsewhere are not published here",
        "serve/publish/route.py",
        "        if not self._published.covers(mod.path):\n",
        "        if False:\n",
        (PUBLISH + "test_who_may",),
    ),
    "publish-declared": Mutant(
        "publishing",
        "the go.mod of a published zip names its module",
        "adapters/modzip/examine.py",
        "    if declared != mod.path:\n",
        "    if False:\n",
        (PUBLISH + "test_what_is_no_version",),
    ),
    "publish-at-once": Mutant(
        "publishing",
        "no more than some uploads are under way",
        "serve/publish/route.py",
        "asyncio.Semaphore(_AT_ONCE)",
        "asyncio.Semaphore(1 << 20)",
        (PUBLISH + "test_attack_uploads_that_never_end",),
    ),
    "hook-unsigned": Mutant(
        "hooks",
        "a message is signed with the secret",
        "serve/hooks/payload.py",
        '        if told is not None and hmac.compare_digest(told.removeprefix(b"sha256="), digest):\n',
        "        if told is not None:\n",
        (PAYLOAD + "test_signatures", HOOKS + "test_what_is_refused"),
    ),
    "hook-of-others": Mutant(
        "hooks",
        "a secret is for the modules that its settings name",
        "serve/hooks/route.py",
        "        mods = [mod for mod in modules_of(change, places) if may(mod.path)]\n",
        "        mods = list(modules_of(change, places))\n",
        (HOOKS + "test_what_is_refused",),
    ),
    "hook-replayed": Mutant(
        "hooks",
        "a message that is replayed makes upstream be asked once",
        "serve/hooks/route.py",
        "        if now_s - self._lately.get(change, -_AGAIN_S) < _AGAIN_S:\n",
        "        if False:\n",
        (HOOKS + "test_a_message_counts_once",),
    ),
    "hook-remembered": Mutant(
        "hooks",
        "no more than some messages are remembered",
        "serve/hooks/route.py",
        "        if len(self._lately) >= _MOST_KNOWN:\n",
        "        if False:\n",
        (HOOKS + "test_attack_more_messages_than_are_remembered",),
    ),
    "hook-read-at-once": Mutant(
        "hooks",
        "no more than some messages are read at once",
        "serve/hooks/route.py",
        "        if self._reading >= _AT_ONCE:\n",
        "        if False:\n",
        (HOOKS + "test_attack_messages_that_never_end",),
    ),
    "hook-fetched-at-once": Mutant(
        "hooks",
        "no more than some versions are fetched at once",
        "serve/hooks/route.py",
        "        if versions and len(self._fetching) < _AT_ONCE:\n",
        "        if versions:\n",
        (HOOKS + "test_attack_tags_of_a_slow_upstream",),
    ),
    "access-certificate": Mutant(
        "access",
        "no header passes for the certificate that was remembered",
        "serve/access.py",
        '    return b"\\0" + name.encode() if name else b""\n',
        "    return name.encode()\n",
        (ACCESS + "test_attack_a_header_that_is_the_name_of_a_certificate",),
    ),
    "access-no-token": Mutant(
        "access",
        "no token is none, and one has a limit",
        "serve/access.py",
        "        if not secret or len(secret) > _MAX_SECRET:\n",
        "        if False:\n",
        (ACCESS + "test_attack_no_token_or_an_endless_one",),
    ),
    "access-known": Mutant(
        "access",
        "no more than some headers are remembered",
        "serve/access.py",
        "            if len(self.known) + len(self._limited) >= _MOST_KNOWN:\n",
        "            if False:\n",
        (ACCESS + "test_attack_one_token_under_many_names",),
    ),
    "access-passwords": Mutant(
        "access",
        "no more than two passwords are compared at once",
        "serve/access.py",
        "        async with self._turns:\n",
        "        if True:\n",
        (ACCESS + "test_attack_many_passwords_at_once",),
    ),
    "access-changed": Mutant(
        "access",
        "a password that is changed while it is compared is not accepted",
        "serve/access.py",
        '        return name if right and self._users.get(name, User("")).digest == digest else None\n',
        "        return name if right else None\n",
        (ACCESS + "test_a_password_that_is_changed_while_it_is_compared",),
    ),
    "access-forgotten": Mutant(
        "access",
        "with new users nothing counts that was remembered of the old ones",
        "serve/access.py",
        "        self.known.clear()\n",
        "",
        (ACCESS + "test_new_users_count_at_once",),
    ),
    "question-without-end": Mutant(
        "requests",
        "the path of a request has a limit",
        "serve/protocol/question.py",
        '    if len(path) > MAX_PATH or not path.startswith("/"):\n',
        '    if not path.startswith("/"):\n',
        (QUESTION + "test_what_asks_for_nothing",),
    ),
    "upload-declared": Mutant(
        "publishing",
        "an upload that says that it is too large is not begun",
        "serve/http/application.py",
        "    if declared.isdigit() and int(declared[:19]) > limit_bytes:\n",
        "    if False:\n",
        (PUBLISH + "test_sizes",),
    ),
    "upload-sent": Mutant(
        "publishing",
        "an upload has a limit, whatever it says",
        "serve/http/application.py",
        "        if size > limit_bytes:\n",
        "        if False:\n",
        (PUBLISH + "test_sizes",),
    ),
    "published-mod": Mutant(
        "publishing",
        "the go.mod is the one that was published",
        "serve/upstream/published.py",
        "        if data is None or hash_gomod(data) != record.gomod_sum:\n",
        "        if data is None:\n",
        (PUBLISH + "test_damage_is_told_and_mended_by_the_same_bytes",),
    ),
    "published-zip": Mutant(
        "publishing",
        "the zip is the one that was published",
        "serve/upstream/published.py",
        "        if h1 and h1 != record.sum:\n",
        "        if False:\n",
        (PUBLISH + "test_attack_another_zip_in_the_place_of_a_published_one",),
    ),
    "published-again": Mutant(
        "publishing",
        "a version that was published never changes",
        "serve/upstream/published.py",
        "                if (before.sum, before.gomod_sum) != (wanted.sum, wanted.gomod_sum):\n",
        "                if False:\n",
        (PUBLISH + "test_what_was_published_never_changes",),
    ),
    "published-anew": Mutant(
        "publishing",
        "a damaged record is mended by the bytes that were published alone",
        "serve/upstream/published.py",
        "        if stated.strip() != wanted.sum.encode():\n",
        "        if False:\n",
        (PUBLISHED + "test_a_damaged_record_whose_hash_is_lost_too",),
    ),
    "registry-lists": Mutant(
        "access",
        "lists of modules hold no private ones",
        "serve/registry/registry.py",
        '[row for row in rows if self._visible(row.path, "")]',
        "list(rows)",
        (ROUTES + "test_new_rules_count_without_a_restart",),
    ),
    "hook-secret": Mutant(
        "hooks",
        "a secret cannot be guessed",
        "serve/server/rules.py",
        "    if len(secret) < _LEAST_SECRET:\n",
        "    if False:\n",
        (RULES + "test_attack_a_secret_that_can_be_guessed",),
    ),
    "socket-file": Mutant(
        "outputs",
        "only a socket gives way to a server's socket",
        "serve/server/server.py",
        "        if not stat.S_ISSOCK(os.lstat(path).st_mode):\n",
        "        if False:\n",
        (SERVER + "test_a_socket_takes_the_place_of_a_dead_one_alone",),
    ),
    "private-in-the-log": Mutant(
        "access",
        "a private path is not in the access log",
        "serve/http/application.py",
        '"" if self._is_private(request.path) else request.path',
        "request.path",
        (SERVED_WIRE + "test_attack_a_private_path_in_the_log_of_who_may_not_ask",),
    ),
    "private-of-a-peer": Mutant(
        "access",
        "a peer's private modules are not taken",
        "serve/events/taking.py",
        "        if not self._libraries(mod.path):\n",
        "        if False:\n",
        (FOLLOW + "test_attack_a_peer_that_tells_of_private_modules",),
    ),
    "old-advisories": Mutant(
        "policy",
        "a database of advisories that is too old is none",
        "serve/upstream/verdicts.py",
        "    if snapshot.modified is None or snapshot.modified < oldest:\n",
        "    if False:\n",
        (VERDICTS + "test_attack_a_database_that_is_held_back",),
    ),
    "copy-of-another": Mutant(
        "requests",
        "a copy is of the file that was looked at",
        "serve/upstream/copies.py",
        "        if size != entry.size:\n",
        "        if False:\n",
        (COPIES + "test_a_zip_that_was_replaced_while_it_was_read_is_read_again",),
    ),
    "denied-spelling": Mutant(
        "policy",
        "a rule holds for every spelling of a path",
        "serve/policy.py",
        "match_prefix_patterns(self.module.lower(), path.lower())",
        "match_prefix_patterns(self.module, path)",
        (SERVED_WIRE + "test_attack_another_spelling_of_what_is_denied",),
    ),
    "peer-without-end": Mutant(
        "limits",
        "no more than some versions of a peer wait",
        "serve/events/follow.py",
        "        if len(waiting) > MOST_WAITING:\n",
        "        if False:\n",
        (FOLLOW + "test_where_too_much_waits_nothing_more_is_looked_at",),
    ),
}
