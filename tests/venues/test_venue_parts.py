"""A whole venue in parts: made, interrupted, resumed, and refused when anything is missing or foreign."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import venue_samples as samples
from venue_samples import units

from zkmargin.circuits.errors import FalseStatement, InvalidInput, MalformedProof, PolicyRefused, ZkMarginError
from zkmargin.prover import venue as proving
from zkmargin.prover.account import Account
from zkmargin.prover.venue import VenueClaim, build_index, part_size, prove_venue
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.documents.claim import Claim, ProofFile
from zkmargin.verifier.index import Index
from zkmargin.verifier.venue import Part, check_part, check_venue, part_label

VECTORS = [units(50_000 + number, btc=0.5, eth=-number) for number in range(5)]


def claim(nonce: str = "run 1") -> VenueClaim:
    return VenueClaim(
        samples.compiled(),
        samples.book().digest,
        samples.snapshot().digest,
        samples.model().digest,
        samples.HEALTHY,
        nonce,
        samples.ISSUED,
        samples.EXPIRES,
    )


def index_of(accounts: Sequence[Account], **changes: Any) -> Index:
    named = [(f"account {number}", account.commitment) for number, account in enumerate(accounts)]
    index = build_index("venue", samples.book(), samples.TIME, b"seed", named)
    return Index.build(**(index.model_dump(exclude={"format", "version"}) | changes))


class Run:
    """A venue of five accounts, proven in parts of two."""

    def __init__(self, arithmetic: Arithmetic, folder: Path, vectors: Sequence[Sequence[int]] = VECTORS) -> None:
        self.arithmetic, self.folder = arithmetic, folder
        self.accounts = samples.accounts_of(arithmetic, vectors)
        self.index = index_of(self.accounts)
        self.asked: list[tuple[int, int]] = []
        self.told: list[tuple[int, int]] = []

    def source(self, start: int, stop: int) -> Sequence[Account]:
        self.asked.append((start, stop))
        return self.accounts[start:stop]

    def prove(self, nonce: str = "run 1") -> list[ProofFile]:
        def progress(done: int, total: int) -> None:
            self.told.append((done, total))

        files = prove_venue(claim(nonce), self.index, self.source, self.folder, self.arithmetic, 2, progress)
        return [ProofFile.parse(file.read_bytes()) for file in files]

    def check(self, files: Sequence[ProofFile], index: Index | None = None, **changes: Any) -> int:
        index = index or self.index
        policy = samples.policy_file(**changes)
        return check_venue(index, files, samples.papers(index), policy, samples.NOW, self.arithmetic).accounts


@pytest.fixture(scope="module")
def run(fast: Arithmetic, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(fast, tmp_path_factory.mktemp("venue"))


@pytest.fixture(scope="module")
def files(run: Run) -> list[ProofFile]:
    return run.prove()


def test_a_venue_is_proven_in_parts_and_accepted(run: Run, files: list[ProofFile]) -> None:
    assert [len(file.statement.commitments) for file in files] == [2, 2, 1]
    assert run.check(files) == 5
    checked = check_venue(
        run.index, files, samples.papers(run.index), samples.policy_file(), samples.NOW, run.arithmetic
    )
    assert (checked.root, checked.attester) == (run.index.root, samples.KEY.public.key)
    assert [part.accounts for part in checked.parts] == [2, 2, 1]


def test_progress_is_told_and_one_part_is_in_memory_at_a_time(fast: Arithmetic, tmp_path: Path) -> None:
    run = Run(fast, tmp_path)
    run.prove()
    assert run.asked == [(0, 2), (2, 4), (4, 5)]
    assert run.told == [(2, 5), (4, 5), (5, 5)]


def test_an_interrupted_run_goes_on_where_it_stopped(fast: Arithmetic, tmp_path: Path) -> None:
    run = Run(fast, tmp_path)
    first = run.prove()
    (tmp_path / "part-0002.json").unlink()
    (tmp_path / ".part-0002.json.draft").write_bytes(b"half a fi")
    run.asked.clear()
    second = run.prove()
    assert run.asked == [(2, 4)]
    assert (first[0], first[2]) == (second[0], second[2])
    assert run.check(second) == 5
    assert sorted(os.listdir(tmp_path)) == ["part-0001.json", "part-0002.json", "part-0003.json"]


def test_a_part_that_does_not_verify_is_made_again(fast: Arithmetic, tmp_path: Path) -> None:
    run = Run(fast, tmp_path)
    made = run.prove()
    wrong = ProofFile.build(statement=made[1].statement, proof=made[0].proof)
    short = ProofFile.build(statement=made[2].statement, proof="AAAA")
    for number, file in ((2, wrong), (3, short)):
        (tmp_path / f"part-000{number}.json").write_bytes(file.canonical())
    run.asked.clear()
    assert run.check(run.prove()) == 5
    assert run.asked == [(2, 4), (4, 5)]


def test_files_of_another_run_are_not_touched(fast: Arithmetic, tmp_path: Path) -> None:
    run = Run(fast, tmp_path)
    run.prove()
    before = (tmp_path / "part-0001.json").read_bytes()
    with pytest.raises(InvalidInput, match="another run"):
        run.prove("run 2")
    (tmp_path / "part-0002.json").write_bytes(b"{}")
    with pytest.raises(InvalidInput, match="not a proof of this run"):
        run.prove()
    assert (tmp_path / "part-0001.json").read_bytes() == before


KILLED = """
import os, signal, sys
from pathlib import Path
from test_venue_parts import Run
from zkmargin.prover import venue
from zkmargin.verifier.arithmetics import select
def dies(source, target):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "before renaming":
    os.replace = dies
else:
    whole = venue._write_whole
    venue._write_whole = lambda file, data: (whole(file, data), dies(file, file))
Run(select("portable"), Path(sys.argv[1])).prove()
"""


@pytest.mark.parametrize(("moment", "left"), [("before renaming", []), ("after renaming", ["part-0001.json"])])
def test_28_a_killed_run_leaves_whole_files(moment: str, left: list[str], tmp_path: Path) -> None:
    paths = [str(Path(__file__).parent), *sys.path]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    process = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), moment], env=environment, check=False)
    assert process.returncode == -9
    whole = [name for name in os.listdir(tmp_path) if not name.startswith(".")]
    assert whole == left
    for name in whole:
        assert len(ProofFile.parse((tmp_path / name).read_bytes()).statement.commitments) == 2


def test_an_account_that_fails_is_named_by_its_place(fast: Arithmetic, tmp_path: Path) -> None:
    vectors = [*VECTORS[:3], units(1, btc=-1), VECTORS[4]]
    with pytest.raises(FalseStatement, match=r"accounts\[3\]: the requirement 'meets initial' does not hold"):
        Run(fast, tmp_path, vectors).prove()
    assert os.listdir(tmp_path) == ["part-0001.json"]


def test_accounts_that_are_not_those_of_the_index_are_named(fast: Arithmetic, tmp_path: Path) -> None:
    run = Run(fast, tmp_path)
    run.accounts[3], run.accounts[4] = run.accounts[4], run.accounts[3]
    with pytest.raises(InvalidInput, match=r"accounts\[3\]"):
        run.prove()
    run.accounts.pop()
    run.accounts[3:] = []
    with pytest.raises(InvalidInput, match=r"accounts\[3\]"):
        run.prove()


def test_a_part_missing_doubled_swapped_or_from_elsewhere(
    run: Run, files: list[ProofFile], fast: Arithmetic, tmp_path: Path
) -> None:
    other = Run(fast, tmp_path).prove()
    for chosen in (
        files[:2],
        [files[0], files[2]],
        [files[0], files[0], files[2]],
        [files[1], files[0], files[2]],
        [*files, files[2]],
        [files[0], other[1], files[2]],
    ):
        with pytest.raises(PolicyRefused, match="is not part"):
            run.check(chosen)
    with pytest.raises(PolicyRefused, match="not about the commitments"):
        run.check([])


def relabelled(file: ProofFile, **changes: Any) -> ProofFile:
    fields = file.statement.model_dump(mode="json", exclude={"format", "version"}, exclude_none=True)
    return ProofFile.build(statement=Claim.build(**(fields | changes)), proof=file.proof)


def test_a_statement_that_was_changed_is_refused(run: Run, files: list[ProofFile]) -> None:
    points = list(files[1].statement.commitments)
    for change, error in (
        ({"nonce": "other"}, PolicyRefused),
        ({"expires": "2026-11-21T09:30:00Z"}, PolicyRefused),
        ({"commitments": points[::-1]}, PolicyRefused),
        ({"commitments": points[:1]}, PolicyRefused),
        ({"venue": "elsewhere"}, PolicyRefused),
    ):
        with pytest.raises(error):
            run.check([files[0], relabelled(files[1], **change), files[2]])


def test_parts_shown_to_another_venue_than_the_index_is_of(run: Run, files: list[ProofFile]) -> None:
    with pytest.raises(PolicyRefused, match="part 1 is shown to another venue"):
        run.check([relabelled(file, venue="elsewhere") for file in files])


@pytest.mark.parametrize(
    ("number", "changes", "words"),
    [
        (4, {}, "there is no part 4 of 3"),
        (1, {"venue": "elsewhere"}, "another venue than the index"),
        (1, {"commitments": [1, 0]}, "not about accounts of the index"),
        (1, {"commitments": [0, 2]}, "not about accounts of the index"),
        (1, {"commitments": [4, 0]}, "not about accounts of the index"),
    ],
)
def test_a_part_alone_is_about_neighbours_in_the_index(
    run: Run, files: list[ProofFile], number: int, changes: dict[str, Any], words: str
) -> None:
    if "commitments" in changes:
        changes = {"commitments": [run.index.commitments[place] for place in changes["commitments"]]}
    check_part(run.index, Part(run.index.root, 1, 3), files[0].statement)
    with pytest.raises(PolicyRefused, match=words):
        check_part(run.index, Part(run.index.root, number, 3), relabelled(files[0], **changes).statement)


def test_all_parts_changed_alike_do_not_verify(run: Run, files: list[ProofFile]) -> None:
    with pytest.raises(FalseStatement, match="part 1"):
        run.check([relabelled(file, nonce="other") for file in files])
    spoiled = ProofFile.build(statement=files[1].statement, proof=files[0].proof)
    with pytest.raises(FalseStatement, match="part 2"):
        run.check([files[0], spoiled, files[2]])
    short = ProofFile.build(statement=files[1].statement, proof="AAAA")
    with pytest.raises(MalformedProof, match="part 2"):
        run.check([files[0], short, files[2]])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"venue": "another"}, "the index is of another venue"),
        ({"any": ["nonce"], "account": "alice"}, "one account"),
        ({"attesters": [{"venue": "venue", "key": samples.STRANGER.public.key}]}, "attester"),
        ({"attesters": [{"venue": "another", "key": samples.KEY.public.key}]}, "speaks for another venue than venue"),
        ({"attestation_max_age": 10}, "index is 60 s old"),
        ({"snapshot_max_age": 10}, "snapshot is 60 s old"),
        ({"max_age": 10}, "too old"),
        (
            {
                "revoked": [samples.KEY.public.key],
                "any": ["account", "nonce", "snapshot_signers"],
                "snapshot_signers": None,
            },
            "attester",
        ),
        ({"model": "00" * 32}, "another model"),
    ],
)
def test_the_policy_is_asked(run: Run, files: list[ProofFile], changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyRefused, match=words):
        run.check(files, **changes)


def test_an_index_needs_a_signature_unless_the_policy_says_otherwise(run: Run, files: list[ProofFile]) -> None:
    papers = samples.papers()
    with pytest.raises(PolicyRefused, match="not signed"):
        check_venue(run.index, files, papers, samples.policy_file(), samples.NOW, run.arithmetic)
    waived = samples.policy_file(any=["account", "attesters", "nonce"], attesters=None, attestation_max_age=None)
    assert check_venue(run.index, files, papers, waived, samples.NOW, run.arithmetic).attester is None


def test_an_index_of_another_book_is_refused(run: Run, files: list[ProofFile]) -> None:
    with pytest.raises(PolicyRefused, match="another book"):
        run.check(files, index_of(run.accounts, book="00" * 32))


def test_an_index_with_other_commitments_is_refused(run: Run, files: list[ProofFile]) -> None:
    """One account left out, or added, changes the root, and with it the name of every part."""
    smaller = index_of(run.accounts[:4])
    assert smaller.root != run.index.root
    with pytest.raises(ZkMarginError):
        run.check(files[:2], smaller)
    with pytest.raises(PolicyRefused, match="not about the commitments"):
        run.check([relabelled(f, account=part_label(smaller.root, n, 3)) for n, f in enumerate(files, 1)], smaller)


def test_parts_fit_the_memory_of_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    system = samples.compiled().system
    monkeypatch.setattr(proving, "PART_VARIABLES", 14)
    size = part_size(system, 1000)
    assert size & (size - 1) == 0
    from zkmargin.verifier.shape import Shape

    assert Shape(system, size).bits.variables <= 14 < Shape(system, 2 * size).bits.variables
    assert part_size(system, 3) == 3
    assert part_size(system, 1) == 1
