# SPDX-License-Identifier: BSD-3-Clause
"""`govgo sumdb …`: a checksum database of one's own."""

from __future__ import annotations

import os
from collections.abc import Collection

from govgo.cli.call import current_call, reporter, show
from govgo.cli.exitcodes import EXIT_DONE
from govgo.cli.group import COMMANDS, SERVE, Entry, Group
from govgo.cli.options import (
    CommandLineError,
    FlagError,
    argument,
    chdir_option,
    command,
    json_option,
    option,
    remote_options,
)
from govgo.cli.session import change_directory, environment, network_options, open_session
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import DiskError, GovgoError, NoteError, UsageError, faults_of
from govgo.report.sumdb import add_document, added_text, cosigned_text, init_text, key_added_text

if TYPE_CHECKING:
    from govgo.app.sumdb.cosign import Witness
    from govgo.core.sumdb.note import Verifier
    from govgo.serve.sumdb import Server

_COMMANDS = {
    "init": Entry("serve.sumdb", "init", SERVE, "Make a key and an empty checksum database."),
    "add": Entry("serve.sumdb", "add", SERVE, "Append records of modules, and publish the new tree head."),
    "key": Entry("serve.sumdb", "key", SERVE, "Print the keys, add one, or retire one."),
    "cosign": Entry("serve.sumdb", "cosign", SERVE, "Publish cosignatures of witnesses."),
    "serve": Entry("serve.sumdb", "serve", SERVE, "Answer go and govgo over HTTP."),
    "help": COMMANDS["help"],
}

sumdb_group = Group(
    _COMMANDS, "Keep a checksum database of your own, for modules that the public one must not or cannot know."
)

_storage_option = option("-storage", "place", metavar="PLACE", help="The directory or bucket of the database.")
_key_option = option(
    "-key", "key_file", metavar="FILE", help="The private key (default ~/.config/govgo/sumdb/NAME.key)."
)


@command(own=True, usage="-storage=PLACE [-key=FILE] name")
@_storage_option
@_key_option
@chdir_option
@argument("names")
def init(names: tuple[str, ...], place: str, key_file: str, **flags: Any) -> int:
    """Make a key pair and an empty database, and print the value of GOSUMDB by which go and govgo use it.

    The name is a host, perhaps with a path; without a URL in GOSUMDB clients ask https://NAME. The private key is
    written to a file that only you can read, and never overwritten; keep it, since nothing else can add to the
    database. Where key and database are there already, nothing changes.

    \b
    govgo sumdb init -storage=/srv/sumdb sum.corp.example
    """
    if len(names) != 1:
        raise CommandLineError("init takes the name of the database")
    from govgo.wiring.sumdb import init_database

    change_directory(flags)
    key, file, fresh = init_database(names[0], place, key_file, os.environ)
    reporter().note(init_text(file, fresh=fresh))
    show(f"{key}\n")
    return EXIT_DONE


@command(own=True, usage="-storage=PLACE [flags] [go.sum|module@version]...")
@_storage_option
@_key_option
@option("-only", "only", metavar="PATTERNS", help="Of go.sum files take modules that match, such as *.corp.example.")
@option("-upstream", "upstream", metavar="GOSUMDB", help="Prove downloads by this database in place of GOSUMDB's.")
@json_option
@remote_options
@argument("words")
def add(words: tuple[str, ...], place: str, key_file: str, as_json: bool, **flags: Any) -> int:
    """Append a record for each module version that has none yet; what is there already stays as it is.

    A module is downloaded by GOPROXY, GOPRIVATE and so on, and proved as `govgo get` would prove it. If GOSUMDB names
    the very database that is added to, which cannot prove what it lacks, downloads are not proved by a database,
    unless -upstream names another one. Lines of go.sum files are taken at their word.

    If a version has another record already, nothing is added, and the exit code is 4. Several commands may add at
    once; one that is killed leaves nothing half done that the next does not mend. Without arguments, that is all.

    \b
    govgo sumdb add -storage=/srv/sumdb git.corp.example/team/lib@v1.4.0
    govgo sumdb add -storage=/srv/sumdb -only='*.corp.example' go.sum
    """
    from govgo.app.sumdb.sources import Gathered, gather_records
    from govgo.wiring.sumdb import open_publisher

    try:
        change_directory(flags)
        publisher = open_publisher(place, key_file, os.environ)
        _prove_by(flags["upstream"], publisher.verifiers)
        gathered = Gathered({}, ())
        if words:
            session = open_session({**flags, "chdir": ""})
            gathered = gather_records(session, words, flags["only"])
        done = publisher.add(gathered.records)
    except GovgoError as error:
        if as_json:
            show(add_document("", None, (), faults_of(error)))
        raise
    if as_json:
        show(add_document(publisher.name, done, gathered.incomplete))
    reporter().note(added_text(publisher.name, done, gathered.incomplete))
    return EXIT_DONE


def _prove_by(upstream: str, own_keys: Collection[Verifier]) -> None:
    """Set GOSUMDB of this call: the database that proves downloads cannot be the one that they are added to."""
    from govgo.core.sumdb.gosumdb import database_of
    from govgo.core.sumdb.note import parse_verifier

    env = environment()
    if upstream:
        env = env._replace(gosumdb=upstream)
    elif env.gosumdb != "off" and parse_verifier(database_of(env).key) in own_keys:
        env = env._replace(gosumdb="off")
    call = current_call()
    if call is not None:
        call.env = env


@command(own=True, usage="-storage=PLACE [-key=FILE] [-add=NAME | -retire=NAME]")
@_storage_option
@_key_option
@option("-add", "added", metavar="NAME", help="Make a key with this name, and sign with it, too.")
@option("-retire", "retired", metavar="NAME", help="Sign with the key of this name no more.")
@chdir_option
def key(place: str, key_file: str, added: str, retired: str, **flags: Any) -> int:
    """Print the verifier keys of the database, each of which clients can have in GOSUMDB.

    To change the key, give the database a second one: from then on both sign every tree head, and what was published
    before is signed anew, so that clients with either key are served. When all of them have the new one, retire the
    old one. The new key has a name of its own, since clients keep what they have seen under the name of the key.

    A key that is added is written into the file of the private key, which every writer needs. A command that was
    killed is finished by running it again.

    \b
    govgo sumdb key -storage=/srv/sumdb -add=sum.corp.example/2
    govgo sumdb key -storage=/srv/sumdb -retire=sum.corp.example
    """
    if added and retired:
        raise CommandLineError("a key is added or retired, and not both at once")
    from govgo.app.sumdb.publisher import stored_keys
    from govgo.wiring.sumdb import add_database_key, open_place, retire_database_key

    change_directory(flags)
    environ = environment().process
    if added:
        file = add_database_key(added, place, key_file, environ)
        reporter().note(key_added_text(added, file))
    if retired:
        retire_database_key(retired, place, key_file, environ)
    show("".join(f"{each}\n" for each in stored_keys(open_place(place, environ))))
    return EXIT_DONE


@command(own=True, usage="-storage=PLACE [-witness=KEY[,URL]]... [note]...")
@_storage_option
@option("-witness", "witnesses", multiple=True, metavar="KEY[,URL]", help="Accept this witness; with a URL, ask it.")
@remote_options
@argument("files")
def cosign(files: tuple[str, ...], place: str, witnesses: tuple[str, ...], **flags: Any) -> int:
    """Publish cosignatures of witnesses beside the newest tree head.

    A witness has checked that the tree only grows, and says so with a time (cosignature/v1 as c2sp.org/tlog-cosignature
    has it). One with a URL is asked as c2sp.org/tlog-witness has it; a file is a note or signature lines that somebody
    has sent. Only cosignatures of the witnesses that are named count. No private key is needed. Where one witness
    fails, those of others are published all the same, and the exit code is 3.

    \b
    govgo sumdb cosign -storage=/srv/sumdb -witness=w1.example+1c2d…+BH…,https://w1.example/
    """
    if not witnesses:
        raise CommandLineError("name the witnesses that count with -witness")
    from govgo.wiring.sumdb import cosign_database

    change_directory(flags)
    env = environment()
    notes = [_file(name) for name in files]
    parsed = [_witness(text) for text in witnesses]
    found, failures = cosign_database(place, parsed, notes, env, network_options(flags).limits)
    show(cosigned_text(found))
    if len(found) < len({witness.verifier for witness in parsed}):
        reporter().note("not every witness has cosigned the tree head that is published")
    for failure in failures[:-1]:
        reporter().note(str(failure))
    if failures:
        raise failures[-1]
    return EXIT_DONE


def _witness(text: str) -> Witness:
    from govgo.app.sumdb.cosign import Witness
    from govgo.core.sumdb.cosignature import parse_witness

    key, _, url = text.partition(",")
    try:
        return Witness(parse_witness(key), url)
    except NoteError as error:
        raise FlagError(f'invalid value "{text}" for flag -witness: {error}') from None


def _file(name: str) -> bytes:
    from govgo.adapters.disk.diskerror import disk_error
    from govgo.core.sumdb.heads import MAX_HEAD_BYTES

    try:
        with open(name, "rb") as file:
            data = file.read(MAX_HEAD_BYTES + 1)
    except OSError as error:
        raise disk_error("open", name, error) from error
    if len(data) > MAX_HEAD_BYTES:
        raise DiskError(f"{name}: larger than any note", path=name)
    return data


@command(own=True, usage="-storage=PLACE [-listen=HOST:PORT] [-tls-cert=FILE -tls-key=FILE]")
@_storage_option
@option("-listen", "address", default="127.0.0.1:8080", metavar="HOST:PORT", help="Where to listen; port 0 is any.")
@option("-tls-cert", "certificate", metavar="FILE", help="Speak HTTPS with the certificates in FILE.")
@option("-tls-key", "certificate_key", metavar="FILE", help="Their private key.")
@chdir_option
def serve(place: str, address: str, certificate: str, certificate_key: str, **flags: Any) -> int:
    """Serve the database until the command is interrupted: /latest, /lookup/, /tile/ and /supported.

    No private key is needed, and what `add` publishes is served within a second. The directory is laid out as it is
    served, so that any other file server can do the same. Who asks for what is not logged. SIGHUP reads the certificate
    anew; if the new one does not fit its key, that is reported, and the old one stays in use.

    \b
    govgo sumdb serve -storage=/srv/sumdb -listen=0.0.0.0:8080
    GOSUMDB='sum.corp.example+… http://sumdb.corp.example:8080' go mod download
    """
    import gc

    from govgo.serve.sighup import hangups_wait
    from govgo.serve.sumdb import Server, Site
    from govgo.wiring.sumdb import open_place

    if bool(certificate) != bool(certificate_key):
        raise UsageError("-tls-cert and -tls-key belong together")
    change_directory(flags)
    with hangups_wait():
        storage = open_place(place, environment().process)
        site = Site(storage)
        host, port = _address(address)
        gc.enable()  # `cli.main` turns it off, for commands that end
        tls = (certificate, certificate_key) if certificate else None
        server = Server(site, host, port, tls=tls, tell=reporter().note)
        reporter().note(f"serving {site.names[0]} at {server.url}")
        _run_until_stopped(server)
    return EXIT_DONE


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise FlagError(f'invalid value "{text}" for flag -listen: want HOST:PORT')
    return host.strip("[]") or "0.0.0.0", int(port)


def _run_until_stopped(server: Server) -> None:
    """Answer until Ctrl-C or SIGTERM: both are how a server is meant to end. SIGHUP reads the certificate anew."""
    import signal
    import threading

    from govgo.serve.sighup import hangups_come

    tell = reporter().note

    def stop(*_: object) -> None:
        threading.Thread(target=server.stop, daemon=True).start()

    def renew() -> None:
        try:
            server.renew()
        except UsageError as error:
            tell(f"the certificate from before is still used: {error}")

    def hang_up(*_: object) -> None:
        threading.Thread(target=renew, daemon=True).start()

    handlers = {signal.SIGINT: stop, signal.SIGTERM: stop, signal.SIGHUP: hang_up}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    hangups_come()
    try:
        server.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
