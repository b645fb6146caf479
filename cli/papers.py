"""Options that many commands share, and how their files become documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from zkmargin.cli.manners import Usage

if TYPE_CHECKING:
    from zkmargin.circuits.documents import Book, Snapshot
    from zkmargin.circuits.models.base import MarginModel
    from zkmargin.prover.account_file import AccountFile
    from zkmargin.prover.keys import SecretKey
    from zkmargin.verifier.arithmetic import Arithmetic
    from zkmargin.verifier.documents import Attestation, Signature

F = TypeVar("F", bound=Callable[..., Any])

FILE = click.Path(allow_dash=True)

book_option = click.option(
    "-b", "--book", "book_path", type=FILE, required=True, envvar="ZKMARGIN_BOOK", help="The instruments."
)
snapshot_option = click.option(
    "-s", "--snapshot", "snapshot_path", type=FILE, required=True, envvar="ZKMARGIN_SNAPSHOT", help="The market."
)
model_option = click.option(
    "-m",
    "--model",
    "model_name",
    required=True,
    envvar="ZKMARGIN_MODEL",
    metavar="FILE|PRESET",
    help="The margin rule.",
)
key_option = click.option("-k", "--key", "key_path", type=FILE, required=True, help="The secret key file to sign with.")
index_option = click.option("--index", "index_path", type=FILE, required=True, help="The list of commitments.")
out_option = click.option("-o", "--out", type=FILE, default="-", show_default=True, help="Where the result goes.")
out_file_option = click.option("-o", "--out", type=click.Path(), required=True, help="The file to write.")
force_option = click.option("--force", is_flag=True, help="Write over an existing file.")
arithmetic_option = click.option(
    "--arithmetic",
    type=click.Choice(["ifma", "portable", "reference"]),
    help="How to compute; by default the fastest this machine has. `reference` is slow and independent of the others.",
)


def market_options(function: F) -> F:
    """Book, snapshot and model."""
    return book_option(snapshot_option(model_option(function)))


@dataclass(frozen=True)
class Papers:
    """The public documents a command works with."""

    book: Book
    snapshot: Snapshot
    model: MarginModel


def read_papers(book_path: str, snapshot_path: str, model_name: str) -> Papers:
    """Book, snapshot and model, checked against each other."""
    only_one_stdin(book_path, snapshot_path, model_name)
    book, snapshot = read_book(book_path), read_snapshot(snapshot_path)
    model = read_model(model_name)
    snapshot.check_book(book)
    return Papers(book, snapshot, model)


def only_one_stdin(*paths: str) -> None:
    """`-` can be read once."""
    if sum(path == "-" for path in paths) > 1:
        raise Usage("stdin (-) can stand for one file only")


def read_book(path: str) -> Book:
    from zkmargin.circuits.documents import Book
    from zkmargin.cli.files import read_document

    return read_document(path, Book)


def read_snapshot(path: str) -> Snapshot:
    from zkmargin.circuits.documents import Snapshot
    from zkmargin.cli.files import read_document

    return read_document(path, Snapshot)


def read_account(path: str) -> AccountFile:
    from zkmargin.cli.files import read_private
    from zkmargin.prover.account_file import AccountFile

    return read_private(path, AccountFile)


def read_model(name: str) -> MarginModel:
    """A preset by its name, or a file. A file is taken where one exists."""
    from zkmargin.circuits.models import parse_model
    from zkmargin.cli.files import about, read

    if name != "-" and not Path(name).exists():
        from zkmargin.cli.presets import MODELS

        if name in MODELS:
            return MODELS[name]()
        raise Usage(f"no model file and no preset is called {name}", "zkmargin model list")
    with about(name):
        return parse_model(read(name))


def read_signatures(given: Sequence[str], beside: Sequence[str]) -> list[Signature]:
    """Signatures that were named, and those that lie next to the documents they may be of."""
    from zkmargin.cli.files import read_document, signature_beside
    from zkmargin.verifier.documents import Signature

    found = [path for path in map(signature_beside, beside) if path != "-" and Path(path).is_file()]
    return [read_document(path, Signature) for path in dict.fromkeys([*given, *found])]


def read_attestations(paths: Sequence[str]) -> list[Attestation]:
    from zkmargin.cli.files import read_document
    from zkmargin.verifier.documents import Attestation

    return [read_document(path, Attestation) for path in paths]


def read_secret(path: str) -> SecretKey:
    from zkmargin.cli.files import read_private
    from zkmargin.prover.keys import SecretKey

    return read_private(path, SecretKey)


def read_key(text: str) -> str:
    """A public key: the file that holds it, or its 64 hexadecimal digits."""
    from zkmargin.cli.files import read_document
    from zkmargin.verifier.documents import PublicKey

    if len(text) == 64 and set(text) <= set("0123456789abcdef"):
        return text
    return read_document(text, PublicKey).key


def choose_arithmetic(name: str | None) -> Arithmetic:
    """The arithmetic asked for, ready to run: on a first run its kernels are compiled, and people are told so."""
    from zkmargin.cli.manners import say
    from zkmargin.cli.warm import warm
    from zkmargin.verifier.arithmetics import select

    arithmetic = select(name)
    warm(arithmetic.name, say)
    return arithmetic
