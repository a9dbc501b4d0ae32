# SPDX-License-Identifier: BSD-3-Clause
"""The ledger of a command: what is compared, warned of and written, in the words of go 1.26.8."""

from __future__ import annotations

import pytest

from govgo.core.gosum.ledger import SumLedger
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GoSumError, StaleError, SumMismatchError

A = ModuleVersion("a.io/a", "v1.0.0")
A_MOD = ModuleVersion("a.io/a", "v1.0.0/go.mod")
B = ModuleVersion("b.io/b", "v1.0.0")
H1 = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
H2 = "h1:ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="


def lines(*texts: str) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def test_bytes_that_are_not_utf8_come_back_as_they_were() -> None:
    ledger = SumLedger("go.sum", b"a.io/\xff v1.0.0 h1:z\n")
    ledger.check(B, H1)
    ledger.add(B, H1)
    assert ledger.render({B}) == (b"a.io/\xff v1.0.0 h1:z\n", b"a.io/\xff v1.0.0 h1:z\n" + lines(f"b.io/b v1.0.0 {H1}"))


def test_malformed_file_disturbs_only_who_asks() -> None:
    ledger = SumLedger("go.sum", b"oops\n")
    assert ledger.render(set()) == (b"oops\n", b"oops\n")
    with pytest.raises(GoSumError):
        ledger.have(A)


def test_have_counts_known_algorithms_only() -> None:
    ledger = SumLedger("go.sum", lines("a.io/a v1.0.0 h2:new", f"a.io/a v1.0.0/go.mod {H1}"))
    assert not ledger.have(A)
    assert ledger.have(A_MOD)
    assert ledger.recorded(A) == ""
    assert ledger.recorded(A_MOD) == H1


def test_attack_a_hash_that_was_compared_and_never_proved() -> None:
    """Another line is proved and written; the one that only was compared is not."""
    ledger = SumLedger("go.sum", b"")
    assert not ledger.check(A, H2)
    assert not ledger.check(B, H1)
    ledger.add(B, H1)
    assert ledger.render({A, B}) == (b"", lines(f"b.io/b v1.0.0 {H1}"))


def test_added_hash_is_not_one_that_was_there() -> None:
    ledger = SumLedger("go.sum", b"")
    assert not ledger.check(A, H1)
    ledger.add(A, H1)
    assert not ledger.have(A)
    assert ledger.recorded(A) == ""
    assert ledger.check(A, H1)
    assert ledger.dirty


def test_mismatch_has_gos_text() -> None:
    with pytest.raises(SumMismatchError) as caught:
        SumLedger("/m/go.sum", lines(f"a.io/a v1.0.0 {H1}")).check(A, H2)
    assert str(caught.value) == (
        "verifying a.io/a@v1.0.0: checksum mismatch\n"
        f"\tdownloaded: {H2}\n"
        f"\tgo.sum:     {H1}\n"
        "\n"
        "SECURITY ERROR\n"
        "This download does NOT match an earlier download recorded in go.sum.\n"
        "The bits may have been replaced on the origin server, or an attacker may\n"
        "have intercepted the download attempt.\n"
        "\n"
        "For more information, see 'go help module-auth'.\n"
    )
    assert (caught.value.want, caught.value.got) == (H1, H2)


def test_mismatch_names_the_file() -> None:
    with pytest.raises(SumMismatchError, match=r"\tgo\.work\.sum:     h1:"):
        SumLedger("/w/go.work.sum", lines(f"a.io/a v1.0.0 {H1}")).check(A, H2)
    with pytest.raises(SumMismatchError, match=r"\t/w/m/go\.sum:     h1:"):
        SumLedger("/w/go.work.sum", b"", [("/w/m/go.sum", lines(f"a.io/a v1.0.0 {H1}"))]).check(A, H2)


def test_unknown_algorithm_gets_a_warning_and_a_second_line() -> None:
    ledger = SumLedger("go.sum", lines("a.io/a v1.0.0 h9:future"))
    assert not ledger.check(A, H1)
    ledger.add(A, H1)
    (warning,) = ledger.take_warnings()
    assert warning.startswith(
        f"warning: verifying a.io/a@v1.0.0: unknown hashes in go.sum: h9:future; adding {H1}\n\nSECURITY WARNING\n"
    )
    assert ledger.render({A})[1] == lines(f"a.io/a v1.0.0 {H1}", "a.io/a v1.0.0 h9:future")


@pytest.mark.parametrize("algorithms", [(), ("a.io/a v1.0.0 h9:future",)])
def test_attack_two_hashes_for_one_version(algorithms: tuple[str, ...]) -> None:
    """go believes the first; so whoever adds a line decides by its place what is believed."""
    both = lines(f"b.io/b v1.0.0 {H1}", *algorithms, f"a.io/a v1.0.0 {H1}", f"a.io/a v1.0.0 {H2}")
    first = 2 + len(algorithms)
    for check in (SumLedger("/m/go.sum", both).check, SumLedger("/m/go.sum", both).add):
        with pytest.raises(SumMismatchError) as caught:
            check(A, H1)
        assert str(caught.value).startswith(
            "verifying a.io/a@v1.0.0: conflicting checksums\n"
            f"\tdownloaded: {H1}\n"
            f"\tgo.sum:{first}: {H1}\n"
            f"\tgo.sum:{first + 1}: {H2}\n"
            "\nSECURITY ERROR\n"
        )
        assert (caught.value.want, caught.value.got) == (H2, H1)
    with pytest.raises(SumMismatchError, match="checksum mismatch"):
        SumLedger("go.sum", both).check(A, H2)
    assert SumLedger("go.sum", both).recorded(A) is None
    assert SumLedger("go.sum", both).h1_only(A) == (H1, H2)


def test_one_line_twice_is_no_contradiction() -> None:
    assert SumLedger("go.sum", lines(f"a.io/a v1.0.0 {H1}", f"a.io/a v1.0.0 {H1}")).check(A, H1)


def test_written_file_is_sorted_without_duplicates() -> None:
    data = lines(
        f"b.io/b v1.0.0 {H1}",
        f"b.io/b v1.0.0 {H1}",
        f"a.io/a v1.0.0/go.mod {H1}",
        f"a.io/a v1.10.0 {H1}",
        f"a.io/a v1.9.0 {H1}",
    )
    ledger = SumLedger("go.sum", data)
    ledger.check(A, H2)
    ledger.add(A, H2)
    before, after = ledger.render({A})
    assert before == data
    assert after == lines(
        f"a.io/a v1.0.0 {H2}",
        f"a.io/a v1.0.0/go.mod {H1}",
        f"a.io/a v1.9.0 {H1}",
        f"a.io/a v1.10.0 {H1}",
        f"b.io/b v1.0.0 {H1}",
    )


def test_nothing_is_written_for_sums_not_worth_keeping() -> None:
    ledger = SumLedger("go.sum", lines(f"b.io/b v1.0.0 {H1}"))
    ledger.check(A, H2)
    ledger.add(A, H2)
    before, after = ledger.render({B})
    assert after is before


def test_readonly_refuses_a_change() -> None:
    ledger = SumLedger("go.sum", b"")
    ledger.check(A, H2)
    ledger.add(A, H2)
    with pytest.raises(StaleError, match=r"^updates to go\.sum needed, disabled by -mod=readonly$"):
        ledger.render({A}, readonly=True)
    assert ledger.render(set(), readonly=True) == (b"", b"")


def test_rendered_is_written() -> None:
    ledger = SumLedger("go.sum", b"")
    ledger.check(A, H1)
    ledger.add(A, H1)
    assert ledger.render({A}) == (b"", lines(f"a.io/a v1.0.0 {H1}"))
    assert not ledger.dirty
    assert ledger.have(A)
    before, after = ledger.render({A})
    assert before == after == lines(f"a.io/a v1.0.0 {H1}")


def test_lines_that_others_added_meanwhile_are_kept() -> None:
    ledger = SumLedger("go.sum", b"")
    ledger.check(A, H1)
    ledger.add(A, H1)
    ledger.render({A})
    assert ledger.rebase(lines(f"b.io/b v1.0.0 {H2}")) == lines(f"a.io/a v1.0.0 {H1}", f"b.io/b v1.0.0 {H2}")


def test_lines_that_the_user_removed_meanwhile_stay_away() -> None:
    ledger = SumLedger("go.sum", lines(f"b.io/b v1.0.0 {H2}"))
    ledger.check(A, H1)
    ledger.add(A, H1)
    ledger.render({A})
    assert ledger.rebase(b"") == lines(f"a.io/a v1.0.0 {H1}")


def test_trim_keeps_what_is_asked() -> None:
    ledger = SumLedger("go.sum", lines(f"a.io/a v1.0.0 {H1}", f"a.io/a v1.0.0/go.mod {H1}", f"b.io/b v1.0.0 {H2}"))
    ledger.check(A_MOD, H1)
    ledger.trim({A_MOD})
    assert ledger.tidy({A_MOD})[1] == lines(f"a.io/a v1.0.0/go.mod {H1}")
    assert ledger.render({A_MOD})[1] == lines(f"a.io/a v1.0.0/go.mod {H1}")


def test_trimmed_sum_that_is_used_again_stays_away_unless_kept() -> None:
    ledger = SumLedger("go.sum", lines(f"a.io/a v1.0.0 {H1}"))
    ledger.trim(set())
    assert ledger.check(A, H1)
    assert ledger.tidy({A})[1] == lines(f"a.io/a v1.0.0 {H1}")
    assert ledger.tidy(set())[1] == b""


def test_sums_of_workspace_modules_are_not_repeated() -> None:
    modules = [("/w/m/go.sum", lines(f"a.io/a v1.0.0 {H1}"))]
    ledger = SumLedger("/w/go.work.sum", lines(f"a.io/a v1.0.0 {H1}", f"b.io/b v1.0.0 {H2}"), modules)
    assert ledger.have(A)
    assert ledger.check(A, H1)
    assert ledger.tidy({A, B})[1] == lines(f"b.io/b v1.0.0 {H2}")


def test_workspace_modules_that_contradict_each_other() -> None:
    modules = [("/w/m/go.sum", lines(f"a.io/a v1.0.0 {H1}")), ("/w/n/go.sum", lines(f"a.io/a v1.0.0 {H2}"))]
    ledger = SumLedger("/w/go.work.sum", None, modules)
    assert ledger.recorded(A) is None
    with pytest.raises(SumMismatchError, match=r"/w/n/go\.sum"):
        ledger.check(A, H1)


def test_outside_a_module_nothing_is_recorded() -> None:
    ledger = SumLedger()
    assert not ledger.enabled
    assert not ledger.have(A)
    assert ledger.recorded(A) is None
    assert not ledger.check(A, H1)
    ledger.add(A, H1)
    ledger.trim(set())
    assert ledger.render({A}) == (b"", b"")
    assert ledger.tidy({A}) == (b"", b"")


@pytest.mark.parametrize("path", ["golang.org/toolchain", "golang.org/fips140"])
def test_go_sum_never_speaks_for_the_toolchain(path: str) -> None:
    """A poisoned go.sum must not vouch for what runs as the compiler (CVE-2026-94447, CVE-2026-94444)."""
    mod = ModuleVersion(path, "v0.0.1-go1.26.8.linux-amd64")
    ledger = SumLedger("go.sum", lines(f"{mod.path} {mod.version} {H1}"))
    assert not ledger.check(mod, H1), "the database must be asked"
    ledger.add(mod, H1)
    assert not ledger.dirty
    with pytest.raises(SumMismatchError):
        ledger.check(mod, H2)
