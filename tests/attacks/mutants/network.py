# SPDX-License-Identifier: BSD-3-Clause
"""What servers, repositories and credentials may do: limits, certificates, proxies, secrets."""

from __future__ import annotations

from tests.attacks.mutants.mutant import Mutant

ATTACKS = "tests/adapters/sumdb/test_client.py::"
HTTP = "tests/adapters/http/test_client.py::"
HEAD = "tests/adapters/http/test_head.py::"
CUT = "tests/adapters/http/test_cut.py::"
FETCH = "tests/adapters/http/test_fetch.py::"
PACE = "tests/adapters/http/test_timeouts.py::"
CREDENTIALS = "tests/adapters/http/test_credentials.py::"
SECRETS = "tests/attacks/test_secrets.py::"
URL = "tests/core/golib/test_url.py::"
GITREFS = "tests/core/vcs/test_gitrefs.py::"
GITCLONE = "tests/adapters/vcs/test_gitclone.py::"
DISCOVERY = "tests/adapters/vcs/test_discovery.py::"
POST = "tests/adapters/http/test_send.py::"
STORAGE = "tests/adapters/storage/test_open.py::"
REDIRECTS = "tests/adapters/http/test_redirects.py::"
GUNZIP = "tests/adapters/http/test_gunzip.py::"
GOAUTH = "tests/adapters/http/test_goauth.py::"
PUBLISH = "tests/cli/commands/serve/test_publish.py::"
PROXIES = "tests/adapters/http/test_proxies.py::"
SOCKS = "tests/adapters/http/test_socks.py::"
CONNECT = "tests/adapters/http/test_connect.py::"
REPOSITORY = "tests/adapters/repository/test_repository.py::"
PROXY = "tests/adapters/proxy/test_proxy.py::"
RETRACT = "tests/load/query/test_retract.py::"

MUTANTS = {
    "tree-of-2-to-the-62": Mutant(
        "limits",
        "impossible tree sizes are refused before any work",
        "core/sumdb/heads.py",
        "    if tree.size >= MAX_TREE_SIZE:\n",
        "    if False:\n",
        (ATTACKS + "test_tree_of_impossible_size",),
    ),
    "server-text": Mutant(
        "server text",
        "control characters of an error body are not shown",
        "adapters/http/servertext.py",
        "    if not all(c in _SPACES or _is_graphic(c) for c in text):\n",
        "    if False:\n",
        (HTTP + "test_attack_server_text_with_terminal_escapes",),
    ),
    "head-cut": Mutant(
        "answers",
        "a head that breaks off is no answer",
        "adapters/http/head.py",
        "    if not end:\n",
        "    if False:\n",
        (HEAD + "test_attack_a_head_that_breaks_off_is_no_empty_file",),
    ),
    "head-malformed": Mutant(
        "answers",
        "a head that go refuses is no answer",
        "adapters/http/head.py",
        "    if fault:\n",
        "    if False:\n",
        (HEAD + "test_attack_a_head_that_go_refuses",),
    ),
    "chunk-extension": Mutant(
        "limits",
        "what libcurl reads and does not show has a limit",
        "adapters/http/curl_engine.py",
        "                if error is None and transfer.is_flooded():\n",
        "                if False:\n",
        (HEAD + "test_attack_a_chunk_extension_without_end",),
    ),
    "refusal-of-a-proxy": Mutant(
        "proxies",
        "the refusal of a proxy is not read to its end",
        "adapters/http/curl_transfer.py",
        "        return 0 if is_tunnel and",
        "        return 0 if False and is_tunnel and",
        (CUT + "test_attack_a_refusal_of_a_proxy_is_not_read_to_its_end",),
    ),
    "program-of-goauth": Mutant(
        "credentials",
        "a program ends with those who wait for it",
        "adapters/http/goauth.py",
        "        while not self._over.is_set():\n",
        "        while True:\n",
        (GOAUTH + "test_attack_a_program_that_does_not_end_with_its_request",),
    ),
    "reason-phrase": Mutant(
        "server text",
        "control characters of a reason phrase are not shown",
        "adapters/http/servertext.py",
        "    if not reason or not reason.isascii() or not reason.isprintable():\n",
        "    if not reason:\n",
        (HTTP + "test_attack_reason_phrase_with_control_bytes",),
    ),
    "vcs-owner": Mutant(
        "git",
        "a clone with files of another user is made anew",
        "adapters/vcs/gitclone.py",
        "        if known is not None and _is_ours(directory):\n",
        "        if known is not None and os.path.isdir(directory):\n",
        (GITCLONE + "test_attack_a_clone_that_somebody_else_has_prepared",),
    ),
    "vcs-refspec": Mutant(
        "git",
        "a tag that is asked for by name is one ref",
        "core/vcs/gitrefs.py",
        '    return _PLAIN_TAG.match(rev) is not None and name != "" and name == semver.canonical(name)\n',
        '    return name != "" and name == semver.canonical(name)\n',
        (GITREFS + "test_attack_a_tag_that_is_asked_for_by_name_is_one_ref",),
    ),
    "vcs-scheme": Mutant(
        "git",
        "a tag names no scheme for which git would run a program",
        "adapters/vcs/discovery.py",
        '        if not fault and tag.vcs == "git" and scheme not in (self._allowed_schemes() or _GIT_SCHEMES):\n',
        "        if False:\n",
        (DISCOVERY + "test_attack_a_tag_with_the_scheme_of_a_helper",),
    ),
    "secret-shapes": Mutant(
        "secrets",
        "a password that ends the host too early is masked",
        "core/golib/url.py",
        "        at = found.start()\n",
        "        pass\n",
        (SECRETS + "test_attack_no_secret_is_printed", URL + "test_secrets_are_masked"),
    ),
    "secret-location": Mutant(
        "secrets",
        "the query of a Location without a host is masked",
        "adapters/http/client.py",
        '    host = "http://h" if location.startswith("/") and not location.startswith("//") else ""\n',
        '    host = ""\n',
        ("tests/adapters/http/test_redirects.py::test_attack_a_redirect_loop_with_a_secret",),
    ),
    "secret-quoted": Mutant(
        "secrets",
        "what an error quotes of a URL with secrets is hidden",
        "core/golib/url.py",
        "    if masked == text:\n",
        "    if True:\n",
        (SECRETS + "test_attack_no_secret_is_printed", URL + "test_no_part_of_a_password_is_in_an_error"),
    ),
    "secret-arguments": Mutant(
        "secrets",
        "arguments of GOAUTH's programs are not printed",
        "adapters/http/credentials.py",
        '    return ";".join(_ARGUMENTS.sub(r"\\1 …", command) for command in goauth.split(";"))\n',
        "    return goauth\n",
        (SECRETS + "test_attack_no_secret_is_printed",),
    ),
    "credentials-host": Mutant(
        "credentials",
        "a redirect takes them to the same host and those below it alone",
        "adapters/http/credentials.py",
        '    return ":" not in target and "%" not in target and target.endswith("." + first)\n',
        "    return True\n",
        (
            CREDENTIALS + "test_the_credentials_of_go_and_no_others_are_sent",
            CREDENTIALS + "test_attack_a_redirect_for_the_headers_of_a_program",
        ),
    ),
    "credentials-zone": Mutant(
        "credentials, CVE-2023-45289",
        "the zone of an address is no host name",
        "adapters/http/credentials.py",
        '    return ":" not in target and "%" not in target and target.endswith("." + first)\n',
        '    return target.endswith("." + first)\n',
        (CREDENTIALS + "test_attack_a_redirect_to_what_only_looks_like_a_subdomain",),
    ),
    "credentials-back": Mutant(
        "credentials",
        "once a redirect has led to another host they are gone",
        "adapters/http/client.py",
        "                lines = ()\n",
        "                lines = lines if place.host != first.host else ()\n",
        (CREDENTIALS + "test_attack_a_redirect_for_the_headers_of_a_program",),
    ),
    "credentials-http": Mutant(
        "credentials",
        "they are not sent over plain HTTP",
        "adapters/http/client.py",
        "lines if place.secure else ()",
        "lines",
        (CREDENTIALS + "test_attack_a_redirect_to_http_for_credentials",),
    ),
    "secret-traced": Mutant(
        "secrets",
        "passwords in the words of a library are masked for -x",
        "adapters/http/client.py",
        'trace(f"# get {shown}: {gourl.mask_all(str(err))}")',
        'trace(f"# get {shown}: {err}")',
        (HTTP + "test_attack_a_password_in_the_words_of_a_library",),
    ),
    "credentials-said": Mutant(
        "secrets",
        "passwords in what a program says are masked",
        "adapters/http/goauth.py",
        "printable(gourl.mask_all(_text(done.stderr)))",
        "printable(_text(done.stderr))",
        ("tests/adapters/http/test_goauth.py::test_attack_a_password_in_what_a_program_says",),
    ),
    "credentials-arguments": Mutant(
        "credentials",
        "a password is in no argument of a program",
        "adapters/http/goauth.py",
        "            words.append(gourl.parse(url).without_userinfo())\n",
        "            words.append(url)\n",
        (CREDENTIALS + "test_attack_a_password_in_the_arguments_of_a_program",),
    ),
    "credentials-url": Mutant(
        "credentials",
        "user and password of a URL win over those of its host",
        "adapters/http/credentials.py",
        '    return url.removeprefix("https://").removesuffix("/")\n',
        '    return url.removeprefix("https://").removesuffix("/").rpartition("@")[2]\n',
        (CREDENTIALS + "test_the_credentials_of_go_and_no_others_are_sent",),
    ),
    "common-name": Mutant(
        "certificates",
        "a certificate lists the names that it is for",
        "adapters/http/curl_transfer.py",
        "        return int(pycurl.PREREQFUNC_ABORT)\n",
        "        return int(pycurl.PREREQFUNC_OK)\n",
        ("tests/adapters/http/test_roots.py::test_the_servers_that_go_trusts",),
    ),
    "libcurl-variables": Mutant(
        "proxies",
        "libcurl does not read the variables",
        "adapters/http/curl_engine.py",
        '        (pycurl.NOPROXY, ""),',
        "       ",
        ("tests/adapters/http/test_proxies.py::test_the_proxy_is_told_what_go_tells_it",),
    ),
    "least-rate": Mutant(
        "limits",
        "a body that trickles is given up",
        "adapters/http/timeouts.py",
        "        slow = self._size - self._mark_size < limits.least_rate * (now_s - self._mark_s)\n",
        "        slow = False\n",
        (PACE + "test_attack_too_slow",),
    ),
    "total-time": Mutant(
        "limits",
        "all tries of a request have one limit",
        "adapters/http/timeouts.py",
        "        if now_s - self._first_s > limits.total_s + self._size / limits.steady_rate:\n",
        "        if False:\n",
        (PACE + "test_attack_too_slow", PACE + "test_all_tries_share_one_total"),
    ),
    "joined-bytes": Mutant(
        "limits",
        "what is skipped of a second answer is what came with the first",
        "adapters/http/fetch.py",
        "                        if crc == self._crc:\n",
        "                        if True:\n",
        (FETCH + "test_attack_two_files_are_never_joined", FETCH + "test_another_file_beside_a_late_one_is_not_used"),
    ),
    "joined-ranges": Mutant(
        "limits",
        "a second answer begins where the first was cut",
        "adapters/http/fetch.py",
        "                if place is not None and int(place[1]) == self.size:\n",
        "                if True:\n",
        (FETCH + "test_attack_two_files_are_never_joined",),
    ),
    "post-without-a-total": Mutant(
        "limits",
        "the answer to what is sent has a limit of time, whatever comes in between",
        "adapters/http/send.py",
        "            elif asked_s is not None and now_s - asked_s > 2 * self._limits.answer_s:\n",
        "            elif False:\n",
        (POST + "test_attack_an_answer_that_trickles",),
    ),
    "upload-without-a-pace": Mutant(
        "limits",
        "a file that is sent is taken at some rate",
        "adapters/http/send.py",
        "            if sending is not None and sending.verdict(now_s, listened=False) is not None:\n",
        "            if False:\n",
        (POST + "test_attack_a_server_that_takes_a_file_by_the_byte",),
    ),
    "storage-of-a-url": Mutant(
        "secrets",
        "what was meant to be a URL is no directory",
        "adapters/storage/open.py",
        "    if _MEANT_AS_URL.match(where):\n",
        "    if False:\n",
        (STORAGE + "test_attack_a_url_with_a_secret_does_not_become_a_directory",),
    ),
    "redirect-downgrade": Mutant(
        "credentials",
        "a redirect from https to http is not followed",
        "adapters/http/client.py",
        '    if base.startswith("https:") and parsed.scheme != "https" and not anywhere:\n',
        "    if False:\n",
        (REDIRECTS + "test_attack_redirect_away_from_tls_is_refused",),
    ),
    "redirect-scheme": Mutant(
        "limits",
        "a redirect leads to a URL of http or https",
        "adapters/http/client.py",
        '    if parsed.scheme not in ("http", "https"):\n',
        "    if False:\n",
        (REDIRECTS + "test_attack_redirect_to_another_scheme",),
    ),
    "body-unpacked": Mutant(
        "limits",
        "a body that is packed holds no more than it may",
        "adapters/http/client.py",
        "                if size > limit_bytes:\n                    raise too",
        "                if False:\n                    raise too",
        (HTTP + "test_attack_a_gzip_bomb_costs_no_more_than_what_it_may_hold",),
    ),
    "gzip-members": Mutant(
        "limits",
        "a body has no more than some gzip members",
        "adapters/http/gunzip.py",
        "                if self._members > _MAX_MEMBERS:\n",
        "                if False:\n",
        (GUNZIP + "test_attack_members_without_end",),
    ),
    "gzip-pieces": Mutant(
        "limits",
        "a body is unpacked as far as it is read",
        "adapters/http/gunzip.py",
        "self._stream.decompress(data, _PIECE)",
        "self._stream.decompress(data)",
        (GUNZIP + "test_attack_a_bomb_is_inflated_as_far_as_it_is_read",),
    ),
    "goauth-header": Mutant(
        "credentials",
        "a header of GOAUTH's programs is one line of a header",
        "adapters/http/goauth.py",
        "            if not separator or not _TOKEN.match(name) or not _VALUE.match(value):\n",
        "            if not separator:\n",
        (GOAUTH + "test_output_that_breaks_the_format",),
    ),
    "goauth-place": Mutant(
        "credentials",
        "git's helper answers for the URL that was asked about",
        "adapters/http/goauth.py",
        "        if not url.startswith(prefix):\n",
        "        if False:\n",
        (GOAUTH + "test_attack_credentials_for_another_place",),
    ),
    "post-token": Mutant(
        "credentials",
        "a token is what a header can carry",
        "adapters/http/send.py",
        '        if not token.isascii() or not token.isprintable() or " " in token:\n',
        "        if False:\n",
        (POST + "test_attack_a_token_that_is_no_header",),
    ),
    "post-plain": Mutant(
        "credentials",
        "a token is not sent over plain HTTP",
        "adapters/http/send.py",
        "        if (secret or self._url.user is not None) and self._url.scheme",
        "        if False and self._url.scheme",
        (PUBLISH + "test_what_fails",),
    ),
    "cgi-proxy": Mutant(
        "proxies",
        "a request's header is not taken for HTTP_PROXY",
        "adapters/http/proxies.py",
        " and network.cgi:\n",
        " and False:\n",
        (PROXIES + "test_a_variable_with_which_nothing_is_sent",),
    ),
    "socks-login": Mutant(
        "proxies",
        "a proxy that wants no login is not taken where there is one",
        "adapters/http/socks.py",
        "    elif has_login and chosen[1]:\n",
        "    elif False:\n",
        (SOCKS + "test_httpx_says_what_go_says",),
    ),
    "certificate-checked": Mutant(
        "certificates",
        "a server shows a certificate of a root that is known",
        "adapters/http/curl_engine.py",
        "    if options.insecure:\n        checks",
        "    if True:\n        checks",
        (CONNECT + "test_attack_an_untrusted_certificate",),
    ),
    "info-of-another": Mutant(
        "10",
        "the .info of a version is that version's",
        "adapters/proxy/proxy.py",
        "            if version != rev and rev == canonical_version(rev) and _belongs(path, rev):\n",
        "            if False:\n",
        (REPOSITORY + "test_attack_info_for_another_version",),
    ),
    "version-without-end": Mutant(
        "limits",
        "a version has a limit",
        "adapters/proxy/proxy.py",
        "        if len(version) > semver.MAX_LENGTH:\n            continue\n",
        "",
        (PROXY + "test_attack_a_version_of_megabytes_in_a_list",),
    ),
    "retractions-without-end": Mutant(
        "limits",
        "a module has no more than some retractions",
        "load/query/retract.py",
        "        if len(retracted) > _MAX_RETRACTIONS:\n",
        "        if False:\n",
        (RETRACT + "test_attack_retractions_without_end",),
    ),
}
