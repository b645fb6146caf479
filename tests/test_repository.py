"""What the repository promises about itself: who imports whom, what installs, and that its documents hold together."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import importlib.util
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("circuits", "verifier", "prover", "cli")
"""Each may import itself and what stands to its left."""

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BUILT = {".venv", "build", "dist", "node_modules", "__pycache__"}


def files() -> list[Path]:
    """What belongs to the project: what git knows or would add; without git, all that is not built."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
        found = [ROOT / name for name in listed]
    except (OSError, subprocess.CalledProcessError):
        found = [path for path in ROOT.rglob("*") if not BUILT.intersection(path.relative_to(ROOT).parts)]
    return sorted(path for path in found if path.is_file())


def modules(*folders: str) -> list[Path]:
    return [path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders]


def texts() -> Iterator[tuple[Path, str]]:
    for path in files():
        try:
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def documents() -> list[Path]:
    return [path for path in files() if path.suffix == ".md"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every module a file may import, wherever in it the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield ("." * node.level + (node.module or ""), node.lineno)
            if node.module == "zkmargin":
                yield from ((f"zkmargin.{alias.name}", node.lineno) for alias in node.names)


def wrong_imports(layer: str, tree: ast.AST) -> list[str]:
    """Imports that are relative, outside the tree of names, or against the one way."""
    allowed = LAYERS[: LAYERS.index(layer) + 1]
    wrong = []
    for module, line in imported(tree):
        top, _, rest = module.partition(".")
        if top in ("", *LAYERS) or (top == "zkmargin" and rest and rest.partition(".")[0] not in allowed):
            wrong.append(f"line {line}: {module}")
    return wrong


@pytest.mark.parametrize("path", modules(*LAYERS), ids=name)
def test_imports_run_one_way(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    assert wrong_imports(layer, ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("layer", "line", "refused"),
    [
        ("verifier", "import zkmargin.prover.prove", True),
        ("verifier", "def f():\n    from zkmargin.prover import account", True),
        ("circuits", "from zkmargin import verifier", True),
        ("prover", "from . import account", True),
        ("prover", "import verifier", True),
        ("prover", "from zkmargin.verifier.proof import Proof", False),
        ("cli", "import zkmargin.circuits.system", False),
    ],
)
def test_the_import_check_sees(layer: str, line: str, refused: bool) -> None:
    assert bool(wrong_imports(layer, ast.parse(line))) is refused


@pytest.mark.parametrize("path", modules(*LAYERS), ids=name)
def test_no_shortcuts_in_package_code(path: Path) -> None:
    """`assert` vanishes under -O, a bare except hides faults, pickle runs what it reads, and so do eval and exec."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assert):
            found.append(f"line {node.lineno}: assert")
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            found.append(f"line {node.lineno}: bare except")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec"):
            found.append(f"line {node.lineno}: {node.func.id}")
        if isinstance(node, ast.Import | ast.ImportFrom):
            loaded = [module for module, _ in imported(node)]
            found += [f"line {node.lineno}: {module}" for module in loaded if module in ("pickle", "marshal", "shelve")]
    assert found == []


@pytest.mark.parametrize("path", modules(*LAYERS), ids=name)
def test_every_module_says_what_it_promises(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not tree.body or ast.get_docstring(tree), "a module begins with a sentence"


@pytest.mark.parametrize("path", [path for path in files() if path.relative_to(ROOT).parts[0] in LAYERS], ids=name)
def test_every_file_of_a_package_installs(path: Path) -> None:
    """Code and data can be found under the installed name; under `make wheel`, in the wheel."""
    layer, *rest = path.relative_to(ROOT).parts
    package = Path(importlib.import_module(f"zkmargin.{layer}").__file__ or "").parent
    expected = os.environ.get("ZKMARGIN_EXPECTED_IN")
    assert package.resolve() == (ROOT / expected / "zkmargin" / layer if expected else ROOT / layer)
    assert package.joinpath(*rest).is_file()
    assert path.suffix != ".py" or importlib.util.find_spec(".".join(["zkmargin", layer, *rest])[: -len(".py")])


def test_types_travel_with_the_packages() -> None:
    for layer in LAYERS:
        assert (ROOT / layer / "py.typed") in files()


def test_the_version_is_one() -> None:
    version = PROJECT["project"]["version"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest
    assert newest[1] == version
    try:
        assert importlib.metadata.version("zkmargin") == version
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the packages are on the path, but not installed")


def test_every_dependency_has_its_sentence() -> None:
    project = PROJECT["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[<>=!~\[; ]", requirement)[0] for requirement in wanted}
    told = set(re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs/dependencies.md").read_text(encoding="utf-8"), re.M))
    assert names - told == set(), "no sentence in docs/dependencies.md"
    pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.M))
    assert names - pinned == set(), "no version in constraints.txt"


def links(path: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"!?\[[^\]]*\]\(([^)\s]+)\)", text)


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", documents(), ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in links(path):
        if re.match(r"https?://", link):
            continue
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve() if target else path
        assert file.exists(), f"{link} does not exist"
        assert file.is_relative_to(ROOT), f"{link} leads out of the project"
        assert not anchor or anchor in anchors(file), f"{link}: no such heading"


def test_the_readme_leads_to_every_document() -> None:
    """Whoever starts at the README and follows links has seen all there is to read."""
    reached, todo = set[Path](), [ROOT / "README.md"]
    while todo:
        path = todo.pop()
        if path not in reached and path.suffix == ".md" and path.exists():
            reached.add(path)
            todo += [(path.parent / link.partition("#")[0]).resolve() for link in links(path) if "://" not in link]
    assert [name(path) for path in documents() if path.parts[-2] == "docs" and path not in reached] == []


OUTSIDE = re.compile(
    r"(?<![\w.:/~>$})])/(?:home|root|tmp|opt|srv|mnt|Users|private|work|data)/[\w.]"  # a path of one machine
    r"|index-url|find-links|\.npmrc|\bresolved\"\s*:"  # where packages are fetched is the user's setting
)


def test_nothing_names_a_place_outside() -> None:
    found = []
    for path, text in texts():
        for number, line in enumerate(text.splitlines(), 1):
            if OUTSIDE.search(line) and path != Path(__file__).relative_to(ROOT):
                found.append(f"{path}:{number}: {line.strip()[:100]}")
            for upward in re.findall(r"(?<![\w./])(?:\.\./)+[\w./-]*", line):
                if not (ROOT / path.parent / upward).resolve().is_relative_to(ROOT):
                    found.append(f"{path}:{number}: {upward}")
    assert found == []


def test_the_outside_check_sees() -> None:
    machine = "/".join(["", "home", "someone", "file"])
    assert OUTSIDE.search(f"open('{machine}')")
    assert OUTSIDE.search("--index" + "-url=x")
    assert not OUTSIDE.search("#!/usr/bin/env python3, https://example.org/home/x, circuits/data/x")
