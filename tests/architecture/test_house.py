"""What the house keeps to beyond its floors, which import-linter knows (``make lint``)."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/guanxi"

# A folder exists when it hides something; these hide anything.
FOR_ANYTHING = {"utils", "helpers", "common", "services", "repositories", "schemas", "dto", "managers"}


def kept() -> list[str]:
    """The files of the repository; of a source archive, those that a repository would have."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]
    return [str(path.relative_to(ROOT)) for folder in ("src", "tests") for path in (ROOT / folder).rglob("*.py")]


def test_no_folder_for_anything() -> None:
    folders = {part for name in kept() for part in Path(name).parts[:-1]}
    assert folders & FOR_ANYTHING == set()


def test_every_package_says_what_it_is() -> None:
    packages = {path.parent for path in SOURCE.rglob("*.py") if "web_dist" not in path.parts}
    for package in packages:
        text = (package / "__init__.py").read_text()
        assert text.startswith('"""'), f"{package} has no docstring"


def test_lock_files_name_no_place_to_download_from() -> None:
    locks = [ROOT / name for name in kept() if name.endswith((".lock", "package-lock.json"))]
    assert len(locks) >= 4
    for lock in locks:
        text = lock.read_text()
        assert '"resolved"' not in text, lock
        if lock.suffix == ".lock":
            assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text), lock
            pinned = re.findall(r"^[\w.\[\]-]+==", text, re.MULTILINE)
            assert len(pinned) <= text.count("--hash=sha256:"), lock


def test_what_is_acknowledged_is_on_disk() -> None:
    for path in [*SOURCE.rglob("*.py"), *SOURCE.rglob("*.sql")]:
        text = path.read_text().lower()
        assert "synchronous_commit" not in text, f"{path}: no write is acknowledged before it is safe"
        assert not re.search(r"\bfsync\s*=\s*(off|false)", text), path


def test_a_migration_once_landed_is_numbered_for_good() -> None:
    names = sorted(path.name for path in (SOURCE / "pg/system").glob("*.sql"))
    numbers = [int(name[:4]) for name in names]
    assert numbers == list(range(1, len(names) + 1))
    assert all(re.fullmatch(r"\d{4}_(pre|post)_[a-z0-9_]+\.sql", name) for name in names)


def test_every_css_variable_is_one_that_exists() -> None:
    texts = {path: path.read_text() for path in (ROOT / "web/src").rglob("*") if path.suffix in {".css", ".ts", ".tsx"}}
    known = {name for text in texts.values() for name in re.findall(r"""["'`{;\s](--[\w-]+)["'`\]]*\s*:""", text)}
    asked = {(name, path.name) for path, text in texts.items() for name in re.findall(r"var\((--[\w-]+)", text)}
    assert {one for one in asked if one[0] not in known} == set()
