"""Laws of the repository itself: what is pinned, what is shipped, what an import costs."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import ataraxy

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ["run.txt", "clinic.txt", "dev.txt"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TOP_PACKAGES = sorted((ROOT / "src" / "ataraxy").glob("*/__init__.py"))

# What a marker may ask for: where each lock is installed.
PLACES = [
    {
        "implementation_name": name.lower(),
        "platform_python_implementation": name,
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": system,
        "platform_system": {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}[system],
        "platform_machine": machine,
        "os_name": "nt" if system == "win32" else "posix",
    }
    for name in ("CPython", "PyPy")
    for version in ("3.11", "3.12", "3.13")
    for system in ("linux", "darwin", "win32")
    for machine in ("x86_64", "aarch64", "arm64")
]

# Joined from halves, so that this file passes its own law.
INDEX_HOSTS = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "py" + "pi.python.org",
    "registry.npm" + "js.org",
    "npm" + "js.com",
    "deb.debian" + ".org",
    "anaconda" + ".org",
    "crates" + ".io",
]


def locked(name: str) -> dict[str, tuple[str, list[str]]]:
    """Requirements of a lock: canonical name -> (requirement without options, hashes)."""
    text = (ROOT / "requirements" / name).read_text().replace("\\\n", " ")
    entries = {}
    for line in text.splitlines():
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        requirement, *options = re.split(r"\s+--hash=", line)
        entries[canonicalize_name(Requirement(requirement).name)] = (requirement.strip(), options)
    return entries


def tracked_texts() -> list[tuple[str, str]]:
    """Path and text of every tracked file that is text."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listing.returncode != 0:
        pytest.skip("the sources are not in a git repository")
    paths = [path for path in listing.stdout.decode().split("\0") if path and (ROOT / path).is_file()]
    found = []
    for path in paths:
        content = (ROOT / path).read_bytes()
        if b"\0" not in content:
            found.append((path, content.decode("utf-8", errors="replace")))
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_requirement_is_one_exact_version_with_hashes(lock: str) -> None:
    entries = locked(lock)
    assert len(entries) > 10
    for requirement, hashes in entries.values():
        assert re.fullmatch(r"==[^,*]+", str(Requirement(requirement).specifier)), requirement
        assert hashes, f"{requirement} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_no_directory(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text()
    assert "://" not in text
    assert not re.search(
        r"^\s*(-i|--index|--extra-index|--find-links|--trusted-host|-e|-f)\b", text, re.MULTILINE
    )
    assert not re.search(r"(^|\s)/\w", text)


@pytest.mark.parametrize(("smaller", "larger"), [("run.txt", "clinic.txt"), ("clinic.txt", "dev.txt")])
def test_a_larger_lock_holds_the_smaller_one_unchanged(smaller: str, larger: str) -> None:
    inner, outer = locked(smaller), locked(larger)
    for name, (requirement, hashes) in inner.items():
        wanted, (found, found_hashes) = Requirement(requirement), outer[name]
        assert Requirement(found).specifier == wanted.specifier
        assert found_hashes == hashes
        # Other packages may need it in more places, so its marker may be wider, never narrower.
        for place in PLACES:
            needed = wanted.marker is None or wanted.marker.evaluate(place)
            marker = Requirement(found).marker
            assert not needed or marker is None or marker.evaluate(place), f"{found} in {place}"


def test_every_declared_dependency_is_locked_at_an_admitted_version() -> None:
    build = [
        line for line in (ROOT / "requirements" / "build.in").read_text().splitlines() if line[:1] not in "#"
    ]
    extras = [one for listed in PROJECT["optional-dependencies"].values() for one in listed]
    clinic = PROJECT["optional-dependencies"]["clinic"]
    for lock, declared in (
        ("run.txt", PROJECT["dependencies"] + build),
        ("clinic.txt", clinic),
        ("dev.txt", extras),
    ):
        entries = locked(lock)
        for wanted in map(Requirement, declared):
            pinned = Requirement(entries[canonicalize_name(wanted.name)][0])
            (pin,) = pinned.specifier
            assert wanted.specifier.contains(pin.version), f"{wanted} against {pinned} in {lock}"


def test_no_file_in_the_repository_names_a_package_index_host() -> None:
    found = [(path, host) for path, text in tracked_texts() for host in INDEX_HOSTS if host in text.lower()]
    assert found == []


def test_no_file_in_the_repository_names_a_home_directory() -> None:
    home = re.compile(r"(?<![\w.])/(home|root|Users)/\w")
    assert [path for path, text in tracked_texts() if home.search(text)] == []


def test_importing_the_package_imports_no_numerical_library() -> None:
    heavy = [
        "numpy",
        "scipy",
        "matplotlib",
        "llvmlite",
        "pydantic",
        "pint",
        "polars",
        "typer",
        "importlib.metadata",
    ]
    program = f"import sys, ataraxy; print([name for name in {heavy!r} if name in sys.modules])"
    printed = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == "[]"


def test_the_version_is_that_of_the_project_file() -> None:
    assert ataraxy.__version__ == PROJECT["version"]


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="cure"):
        ataraxy.cure  # noqa: B018


def test_every_public_name_is_listed_without_being_loaded() -> None:
    assert set(ataraxy.__all__) <= set(dir(ataraxy))


def test_the_package_says_that_it_is_typed() -> None:
    assert files("ataraxy").joinpath("py.typed").is_file()


@pytest.mark.parametrize("path", TOP_PACKAGES, ids=lambda path: path.parent.name)
def test_each_package_says_what_belongs_there_and_what_does_not(path: Path) -> None:
    text = " ".join((ast.get_docstring(ast.parse(path.read_text())) or "").split()).lower()
    assert "belongs here" in text
    assert "does not belong here" in text


def test_no_module_is_a_drawer_for_whatever_is_left() -> None:
    drawers = {"utils", "util", "helpers", "common", "misc", "manager", "tools"}
    sources = (ROOT / "src").rglob("*.py")
    assert [str(path) for path in sources if drawers & {path.stem, path.parent.name}] == []
