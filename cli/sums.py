"""Accounts taken together: a combination, and how the books of its legs come to one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from zkmargin.cli.manners import Usage
from zkmargin.cli.papers import FILE, read_book

if TYPE_CHECKING:
    from zkmargin.circuits.alignment import Alignment, Mapping
    from zkmargin.circuits.documents import Book
    from zkmargin.prover.account_file import AccountFile
    from zkmargin.verifier.arithmetic import Arithmetic
    from zkmargin.verifier.checking import Checked, Papers
    from zkmargin.verifier.combination import Combination
    from zkmargin.verifier.documents import Attestation, Commitment, PolicyFile, ProofFile
    from zkmargin.verifier.sequence import LatestAttestations

F = TypeVar("F", bound=Callable[..., Any])


def leg_options(function: F) -> F:
    """How legs of other books than --book come to be counted in it."""
    mapping = click.option(
        "--mapping", "mapping_paths", multiple=True, type=FILE, help="Which entries of --book those of a leg count as."
    )
    book = click.option(
        "--leg-book",
        "leg_book_paths",
        multiple=True,
        type=FILE,
        help="The book of a leg: an earlier one that grew into --book, or one that a --mapping maps.",
    )
    return book(mapping(function))


def sum_options(function: F) -> F:
    """The combination a proof is about, and the books of its legs."""
    chosen = click.option("--sum", "sum_path", type=FILE, help="The combination that the proof is about.")
    return chosen(leg_options(function))


@dataclass(frozen=True)
class LegBooks:
    """The book of a sum, the other books of its legs, and the mappings from those to it."""

    book: Book
    others: Sequence[Book]
    mappings: Sequence[Mapping]

    @property
    def earlier(self) -> dict[str, Book]:
        """The others by digest, where none of them is mapped."""
        return {one.digest: one for one in self.others}

    def alignment(self, digests: Sequence[str]) -> Alignment | None:
        """How legs of books with these digests are laid side by side; nothing, if they simply add up."""
        from zkmargin.verifier.aligned import align

        if not self.mappings:
            return None
        self.check_needed(digests)
        made = align(self.book, digests, self.others, self.mappings)
        made.moves()
        return made

    def check_needed(self, digests: Sequence[str]) -> None:
        """A mapping of a book that no leg is of would change what is proved, and mean nothing."""
        from zkmargin.circuits.errors import InvalidInput

        for mapping in self.mappings:
            if mapping.source not in digests:
                raise InvalidInput(f"mapping: no leg is of book {mapping.source[:12]}, which it maps")


@dataclass(frozen=True)
class Sum:
    """Accounts taken together, and how they add up."""

    combination: Combination
    books: LegBooks

    def check_accounts(self, files: Sequence[AccountFile]) -> None:
        """The owner's files are those of the legs; whether they hold what was attested, only a verifier can say."""
        from zkmargin.circuits.errors import InvalidInput

        book = self.books.book
        if self.combination.book != book.digest:
            raise InvalidInput(f"combination.book: it is of another book than {book.name} in its present form")
        wanted = sorted(leg.account for leg in self.combination.legs)
        if sorted(file.account for file in files) != wanted:
            raise InvalidInput(f"accounts: the combination is of {', '.join(wanted)}; give the file of each")

    def check(
        self,
        file: ProofFile,
        papers: Papers,
        policy: PolicyFile,
        now: int,
        arithmetic: Arithmetic,
        latest: LatestAttestations | None = None,
    ) -> Checked:
        """Accept a proof about the sum, or raise the first reason not to."""
        from zkmargin.verifier.aligned import check_aligned
        from zkmargin.verifier.combination import check_combined

        around = (file, self.combination, papers, policy, now, arithmetic)
        if not self.books.mappings:
            return check_combined(*around, self.books.others, latest)
        self.books.check_needed([one.book for one in papers.attestations])
        return check_aligned(*around, self.books.others, self.books.mappings, latest)


def sum_files(options: dict[str, Any]) -> list[str]:
    """The files that say what a sum is of; without --sum there are none."""
    if options["sum_path"] is None:
        if options["leg_book_paths"] or options["mapping_paths"]:
            raise Usage("--leg-book and --mapping go with --sum", "zkmargin commit add")
        return []
    return [options["sum_path"], *options["leg_book_paths"], *options["mapping_paths"]]


def read_sum(options: dict[str, Any], book: Book) -> Sum | None:
    """What --sum names; nothing, for one account."""
    from zkmargin.cli.files import read_document
    from zkmargin.verifier.combination import Combination

    if options["sum_path"] is None:
        return None
    books = read_leg_books(book, options["leg_book_paths"], options["mapping_paths"])
    return Sum(read_document(options["sum_path"], Combination), books)


def read_leg_books(book: Book, leg_book_paths: Sequence[str], mapping_paths: Sequence[str]) -> LegBooks:
    from zkmargin.circuits.alignment import Mapping
    from zkmargin.cli.files import read_document

    others = [read_book(path) for path in leg_book_paths]
    return LegBooks(book, others, [read_document(path, Mapping) for path in mapping_paths])


def read_summands(paths: Sequence[str]) -> list[Attestation] | list[Commitment]:
    """Attestations, or plain commitments; both at once would leave open what their sum is worth."""
    from zkmargin.cli.files import about, format_of, read
    from zkmargin.verifier.documents import Attestation, Commitment

    attested: list[Attestation] = []
    plain: list[Commitment] = []
    for path in paths:
        data = read(path)
        with about(path):
            if format_of(data) == Commitment.FORMAT:
                plain.append(Commitment.parse(data))
            else:
                attested.append(Attestation.parse(data))
    if attested and plain:
        raise Usage("attestations and plain commitments do not add up to one thing", "attest the commitments first")
    return attested or plain


def units_together(files: Sequence[AccountFile], books: LegBooks) -> list[int]:
    """What all of these accounts hold, for their owner: a vector of the book of the sum."""
    from zkmargin.prover.joining import joined_account

    alignment = books.alignment([file.book for file in files])
    if alignment is None:
        return list(joined_account("sum", files, books.book, books.earlier).units(books.book))
    whole: dict[int, int] = {}
    for start, (book, _) in zip(alignment.starts, alignment.blocks, strict=False):
        block = joined_account("block", [file for file in files if file.book == book.digest], book)
        whole |= dict(enumerate(block.units(book), start))
    units = [0] * len(books.book.entries)
    for place, target, factor in alignment.moves():
        units[target] += whole[place] * factor
    return units


def attested_sum(attestations: Sequence[Attestation], books: LegBooks, arithmetic: Arithmetic) -> bytes:
    """The commitment that a proof about these legs is about; legs whose books do not fit are refused."""
    from zkmargin.verifier.aligned import aligned_commitment, leg_of
    from zkmargin.verifier.combination import combined_commitment

    alignment = books.alignment([one.book for one in attestations])
    if alignment is None:
        return combined_commitment(attestations, books.book, books.earlier, arithmetic)
    return aligned_commitment(alignment, [leg_of(one) for one in attestations], arithmetic)


def plain_sum(commitments: Sequence[Commitment], book: Book, arithmetic: Arithmetic) -> bytes:
    """The commitment to what all of these accounts of one book hold."""
    from zkmargin.circuits.errors import InvalidInput
    from zkmargin.verifier.accounts import add_commitments, lift_commitment

    for index, one in enumerate(commitments):
        if one.book != book.digest:
            raise InvalidInput(f"commitments[{index}].book: it is of another book than {book.name} in its present form")
    entries = len(book.entries)
    whole = [lift_commitment(bytes.fromhex(one.commitment), entries, entries) for one in commitments]
    return add_commitments(whole, arithmetic)
