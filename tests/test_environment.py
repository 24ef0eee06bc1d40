"""Where an environment keeps things."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from conftest import posix
from virtualenv.run import session_via_cli

from virtualenv_link_bin_scripts import _environment
from virtualenv_link_bin_scripts._environment import Environment, LayoutError, find_directory
from virtualenv_link_bin_scripts._filesystem import exists, look
from virtualenv_link_bin_scripts._link import Link
from virtualenv_link_bin_scripts._options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

BASE = "pyvenv.cfg, bin/python"
LIB = "lib/python3.12/site-packages/"
FREE = "lib/python3.12t/site-packages/"
POSIX = "Scripts->bin, bin/python.exe->bin/python, Lib/site-packages->lib/python3.12/site-packages"
MSYS2 = "Scripts->bin, Lib/site-packages->lib/python3.12/site-packages"


def build(directory: Path, contents: str) -> None:
    """Put into a directory what a list names as ``ls -F`` does: file, directory/, program*, FIFO|, link->target."""
    for entry in filter(None, contents.split(", ")):
        name, is_link, destination = entry.partition("->")
        path = directory / name.rstrip("/*|")
        path.parent.mkdir(parents=True, exist_ok=True)
        if is_link:
            path.symlink_to(destination)
        elif name.endswith("/"):
            path.mkdir()
        elif name.endswith("|"):
            os.mkfifo(path)
        else:
            path.write_text("home = /usr/bin\nversion = 3.12.1\n", encoding="utf-8")
            path.chmod(0o755 if name.endswith("*") else 0o644)


def describe(environment: Environment) -> str:
    """Return the aliases and targets of all links of an environment, as seen from its directory."""
    found = []
    for option in OPTIONS:
        for path, target, listed in environment.links(option):
            link = Link(environment, path, target, listed)
            both = (Path(path).relative_to(environment.directory).as_posix() for path in (link.alias, link.target))
            found.append("->".join(both))
    links = ", ".join(found)
    return links.replace("Lib/py", "lib/py") if os.name == "nt" else links  # where one is as good as the other


def outcome(path: Path) -> str:
    """Return the links of the environment in a directory, or why they are unknown."""
    try:
        return describe(Environment.from_directory(str(path)))
    except LayoutError as error:
        return str(error)


def table(rows: dict[str, tuple[str, str]]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a test what exists and what is expected, one row each; links and FIFOs need POSIX."""
    parameters = [
        pytest.param(*row, id=name, marks=[posix] if "->" in row[0] or "|" in row[0] else [])
        for name, row in rows.items()
    ]
    return pytest.mark.parametrize(("contents", "expected"), parameters)


@pytest.mark.parametrize(
    ("scripts", "system", "site_packages", "expected"),
    [
        pytest.param("bin", "posix", "lib/python3.12/site-packages", POSIX, id="POSIX"),
        pytest.param("bin", "posix", "lib/pypy3.12/site-packages", POSIX.replace("python3", "pypy3"), id="PyPy"),
        pytest.param("bin", "nt", "lib/python3.12/site-packages", MSYS2, id="MSYS2"),
        pytest.param("Scripts", "nt", "Lib/site-packages", "bin->Scripts", id="Windows"),
    ],
)
def test_layouts_of_creators(tmp_path: Path, scripts: str, system: str, site_packages: str, expected: str) -> None:
    """The links of an environment of virtualenv follow from what its creator says of the interpreter's layout."""
    creator: Any = SimpleNamespace(
        dest=tmp_path,
        bin_dir=tmp_path / scripts,
        purelib=tmp_path / site_packages,
        interpreter=SimpleNamespace(os=system),
    )
    build(tmp_path, f"{scripts}/")
    assert describe(Environment.from_creator(creator)) == expected


def test_real_creator(tmp_path: Path) -> None:
    """The real virtualenv's creator says where the environment and its scripts directory are."""
    creator = session_via_cli([str(tmp_path / "x")], setup_logging=False).creator
    environment = Environment.from_creator(creator)
    assert (environment.directory, environment.scripts) == (str(creator.dest), str(creator.bin_dir))


@table(
    {
        "POSIX": (f"{BASE}, {LIB}", POSIX),
        "PyPy": (f"{BASE}, lib/pypy3.12/site-packages/", POSIX.replace("python3", "pypy3")),
        "GraalPy": (f"{BASE}, lib/graalpy3.12/site-packages/", POSIX.replace("python3", "graalpy3")),
        "free-threaded": (f"{BASE}, {FREE}", POSIX.replace("3.12", "3.12t")),
        "other version": (f"{BASE}, lib/python3.9/site-packages/", POSIX.replace("3.12", "3.9")),
        "Windows": ("pyvenv.cfg, Scripts/python.exe, Scripts/tool*, Lib/site-packages/", "bin->Scripts"),
        "MSYS2": (f"pyvenv.cfg, bin/python.exe, bin/tool*, {LIB}", MSYS2),
        "interpreter is gone": (f"pyvenv.cfg, bin/python->/gone/python, {LIB}", POSIX),
        "lib64, as of uv": (f"{BASE}, {LIB}, lib64->lib", POSIX),
        "aliases exist": (f"{BASE}, bin/python.exe->python, Scripts->bin, {LIB}", POSIX),
        "alias is a loop": (f"{BASE}, Scripts->Scripts, {LIB}", POSIX),
        "Scripts is empty": (f"{BASE}, Scripts/, {LIB}", POSIX),
        "Scripts is a package's": (f"{BASE}, Scripts/tool, {LIB}, Lib/site-packages/x", POSIX),
        "bin is a package's": ("pyvenv.cfg, Scripts/python.exe, bin/tool", "bin->Scripts"),
        "file for site-packages": (f"{BASE}, {LIB}, lib/pypy3.12/site-packages", POSIX),
        "link for site-packages": (f"{BASE}, {LIB}, lib/pypy3.12/site-packages->../..", POSIX),
        "no site-packages beside": (f"{BASE}, {LIB}, lib/pypy3.12/other", POSIX),
        "link to an interpreter with a lock": (f"pyvenv.cfg, bin/python->/x/python3.12, {LIB}, {FREE}", POSIX),
        "link to one without": (
            f"pyvenv.cfg, bin/python->/x/python3.12t, {LIB}, {FREE}",
            POSIX.replace("3.12", "3.12t"),
        ),
        "nothing": ("", "{root}: no such directory"),
        "no pyvenv.cfg": (f"bin/python, {LIB}", "{root}: not an environment: it has no pyvenv.cfg"),
        "no scripts directory": ("pyvenv.cfg, other/python", "{root}: there is no interpreter in bin or Scripts"),
        "bin is a file": ("pyvenv.cfg, bin", "{root}: there is no interpreter in bin or Scripts"),
        "no interpreter in bin": ("pyvenv.cfg, bin/tool", "{root}: there is no interpreter in bin or Scripts"),
        "no interpreter in Scripts": ("pyvenv.cfg, Scripts/tool", "{root}: there is no interpreter in bin or Scripts"),
        "Scripts is a copy": (
            f"{BASE}, Scripts/python, {LIB}",
            "{root}: both bin and Scripts have an interpreter; if one is a copy of the other, delete the copy",
        ),
        "no lib": (BASE, "{lib}: no such directory"),
        "empty lib": (f"{BASE}, lib/other", "{lib}: found no site-packages"),
        "pyvenv.cfg is a FIFO": (f"pyvenv.cfg|, bin/python, {LIB}, {FREE}", "{config}: not a file"),
    }
)
def test_layouts(tmp_path: Path, contents: str, expected: str) -> None:
    """The links follow from what is in an environment, whoever made it, or a message says what is unknown."""
    root = tmp_path / ".venv"
    build(root, contents)
    assert outcome(root) == expected.format(root=root, lib=root / "lib", config=root / "pyvenv.cfg")


@pytest.mark.parametrize(
    ("config", "names", "used"),
    [
        pytest.param("version = 3.12.1", "python3.1 python3.12 python3.13", "python3.12", id="venv and virtualenv"),
        pytest.param("version_info = 3.12.1.final.0", "python3.11 python3.12", "python3.12", id="uv"),
        pytest.param("VERSION=3.12", "python3.12 python3.13", "python3.12", id="upper case, no blanks"),
        pytest.param("version = 3.12\nversion = 3.13", "python3.12 python3.13", "python3.12", id="first of two"),
        pytest.param("version = 3.12\nexecutable = /x/python3.12", "python3.12 python3.12t", "python3.12", id="locked"),
        pytest.param("version = 3.12\nexecutable = /x/python3.12t", "python3.12 python3.12t", "python3.12t", id="free"),
        pytest.param("", "python3.12 python3.13", "", id="no version"),
        pytest.param("version = 3.1", "python3.12 python3.13", "", id="only the start of their versions"),
        pytest.param("version = 3.12.1", "python3.12 pypy3.12", "", id="two implementations"),
        pytest.param("version = 3.12.1", "python3.12 python3.12t", "", id="two builds"),
    ],
)
def test_several_site_packages(tmp_path: Path, config: str, names: str, used: str) -> None:
    """Of several site-packages that of the version and the executable in pyvenv.cfg counts, if exactly one matches."""
    build(tmp_path, f"bin/python, {', '.join(f'lib/{name}/site-packages/' for name in names.split())}")
    (tmp_path / "pyvenv.cfg").write_text(f"home = /usr/bin\n{config}\n", encoding="utf-8")
    candidates = ", ".join(sorted(names.split()))
    message = f"{tmp_path / 'lib'}: found several site-packages, unclear which one is used: {candidates}"
    assert outcome(tmp_path) == (POSIX.replace("python3.12", used) if used else message)


@pytest.mark.parametrize(
    ("contents", "closed", "mode", "expected"),
    [
        (f"{BASE}, {LIB}, closed/, Scripts->closed/below", "closed", 0o000, POSIX),
        (BASE, "bin", 0o000, "{closed}: Permission denied"),
        (BASE, "bin", 0o300, "{closed}: Permission denied"),
        (f"{BASE}, {LIB}", "lib", 0o300, "{closed}: Permission denied"),
        (f"{BASE}, {LIB}, {FREE}", "lib/python3.12t", 0o000, "{closed}/site-packages: Permission denied"),
        (f"{BASE}, {LIB}, {FREE}", "pyvenv.cfg", 0o000, "{closed}: could not be read - Permission denied"),
        (".venv", ".venv", 0o000, "{closed}: could not be read - Permission denied"),
    ],
    ids=["behind an alias", "bin", "listing of bin", "listing of lib", "site-packages", "pyvenv.cfg", ".venv"],
)
def test_no_permission(as_ordinary_user: Path, contents: str, closed: str, mode: int, expected: str) -> None:
    """What can't be looked at is named, and never taken for nothing; what an alias leads to need not be looked at."""
    path = as_ordinary_user / closed
    build(as_ordinary_user, contents)
    path.chmod(mode)
    found = outcome(path if closed == ".venv" else as_ordinary_user)
    path.chmod(0o700)
    assert found == expected.format(closed=path)


@posix
def test_alias_appears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An alias that another process makes meanwhile is no scripts directory."""
    build(tmp_path, f"{BASE}, {LIB}")

    def exists_late(path: str) -> bool:
        if path == str(tmp_path / "Scripts" / "python"):
            (tmp_path / "Scripts").symlink_to("bin")
        return exists(path)

    monkeypatch.setattr(_environment, "exists", exists_late)
    assert outcome(tmp_path) == POSIX
    assert (tmp_path / "Scripts").is_symlink()


def list_programs(scripts: Path) -> str:
    """Return the programs that the option exe is about, with what is known of their links."""
    found = []
    for alias, target, listed in Environment(str(scripts.parent), str(scripts), "python", None).links("exe"):
        assert listed
        assert listed.place == look(alias)
        assert alias == str(scripts / f"{target}.exe")
        found.append(f"{target}{' stale' * listed.is_stale}{' left-over' * listed.has_left_over}")
    return ", ".join(found)


@posix
@table(
    {
        "versions": ("pip*, pip3.9*, python3*, python3.9*, python3.9t*", "pip, pip3.9, python3.9, python3.9t, python3"),
        "dots and blanks": ("2to3-3.13*, a b*, py.test*", "2to3-3.13, a b, py.test"),
        "link to a program": ("pip*, pip3->pip", "pip, pip3"),
        "extensions of Windows": ("script.py*, run.sh*, run.bat*, run.ps1*, RUN.PS1*, tool.exe*", ""),
        "hidden file": (".hidden*", ""),
        "not executable": ("activate", ""),
        "no file": ("directory/, fifo|", ""),
        "link to no file": ("dangling->gone, circle->circle, below->python/below", ""),
        "link that the system refuses": (f"odd->{'x' * 300}, tool*", "tool"),
        "own links": ("data, data.exe->data, tool*, tool.exe->tool", "data, tool"),
        "own link to a program that is gone": ("gone.exe->gone", "gone stale"),
        "own link to what is no program": ("circle->circle, circle.exe->circle", "circle"),
        "file in an alias's place": ("tool*, tool.exe", "tool"),
        "link of somebody else": ("data, data.exe->python", ""),
        "left-over": ("gone.exe.virtualenv-link-bin-scripts->gone", "gone stale left-over"),
    }
)
def test_programs(tmp_path: Path, contents: str, expected: str) -> None:
    """Every program but the interpreter gets an alias if Windows gives it a name with .exe, and own links keep it."""
    build(tmp_path, f"python*, {contents}")
    assert list_programs(tmp_path) == expected


@posix
def test_looks(tmp_path: Path) -> None:
    """With all links in place, one listing and one readlink for each are all that it takes."""
    build(tmp_path, "python*, " + ", ".join(f"tool{number}*, tool{number}.exe->tool{number}" for number in range(20)))
    looks = []
    readlink = os.readlink

    def count(path: str, *, dir_fd: int | None = None) -> str:
        looks.append(path)
        return readlink(path, dir_fd=dir_fd)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "readlink", count)
        for name in ("lstat", "stat"):
            patch.setattr(os, name, pytest.fail)
        listed = Environment(str(tmp_path.parent), str(tmp_path), "python", None).links("exe")
    assert len(listed) == 20
    assert len(looks) == 20 + len(["PYTHON"])


@posix
def test_another_case(tmp_path: Path) -> None:
    """A link whose program is called in another case by now is right where the file system ignores case, else stale."""
    build(tmp_path, "python*, Tool*, Tool.exe->Tool")
    (tmp_path / "Tool").rename(tmp_path / "other")
    (tmp_path / "other").rename(tmp_path / "tool")
    ignored = (tmp_path / "PYTHON").exists()
    assert list_programs(tmp_path) == ("Tool" if ignored else "Tool stale, tool")
    (tmp_path / "tool").unlink()
    assert list_programs(tmp_path) == "Tool stale"


@pytest.mark.parametrize(
    ("config", "contents", "expected"),
    [
        (None, ".venv/", "{cwd}{sep}overlay"),
        ("", ".venv/", "{cwd}{sep}overlay"),
        ("extends-environment = {cwd}", ".venv/, pyvenv.cfg", "{cwd}"),
        ("extends-environment = {cwd}", ".venv/", "{cwd}{sep}.venv"),
        (
            "extends-environment = {cwd}",
            "",
            "no environment found: .venv is neither in {cwd} nor above, and VIRTUAL_ENV={o} extends no environment",
        ),
        ("", ".venv/, overlay/_uv_ephemeral_overlay.pth", "{cwd}{sep}.venv"),
    ],
    ids=["not even a pyvenv.cfg", "no overlay", "overlay", "overlay of no environment", "overlay of nothing", "old uv"],
)
def test_active_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str | None, contents: str, expected: str
) -> None:
    """The active environment counts if this process runs in it; of an overlay, the one below it does, if any."""
    build(tmp_path, contents)
    overlay = tmp_path / "overlay"
    overlay.mkdir(exist_ok=True)
    monkeypatch.syspath_prepend(overlay)  # which has its site-packages there
    if config is not None:
        (overlay / "pyvenv.cfg").write_text(config.format(cwd=tmp_path), encoding="utf-8")
    monkeypatch.setattr(sys, "prefix", str(overlay))
    try:
        found = find_directory({"VIRTUAL_ENV": str(overlay)})
    except LayoutError as error:
        found = str(error)
    assert found == expected.format(cwd=tmp_path, sep=os.sep, o=overlay)


@pytest.mark.parametrize("name", ["VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"])
def test_named_environment_cannot_be_looked_at(
    as_ordinary_user: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """An environment that the user may not look at is not taken for missing."""
    closed = as_ordinary_user / "closed"
    closed.mkdir(mode=0o000)
    monkeypatch.chdir(as_ordinary_user)
    with pytest.raises(LayoutError) as caught:
        find_directory({name: str(closed / "environment")})
    assert str(caught.value) == f"{closed / 'environment'}: {os.strerror(errno.EACCES)}"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        pytest.param(".venv", "env", "bin->Scripts", id="path"),
        pytest.param(".venv", "env\n", "bin->Scripts", id="line"),
        pytest.param(".venv", "env\r\n", "bin->Scripts", id="Windows's line"),
        pytest.param(".venv", "\N{BYTE ORDER MARK}env\n", "bin->Scripts", id="byte order mark"),
        pytest.param(".venv", "./env\nanything else\n", "bin->Scripts", id="several lines"),
        pytest.param(".venv", "{directory}{sep}env\n", "bin->Scripts", id="absolute path"),
        pytest.param(".venv", "gone\n", "{directory}{sep}gone: no such directory", id="path of nothing"),
        pytest.param(".venv", "", "{file}: its first line is empty", id="empty file"),
        pytest.param(".venv", "\nenv\n", "{file}: its first line is empty", id="empty line"),
        pytest.param(".venv", "\udcff\n", "{file}: expected UTF-8 - ", id="not UTF-8"),
        pytest.param("other", "env\n", "{file}: ", id="file of another name"),
    ],
)
def test_redirect(tmp_path: Path, name: str, text: str, expected: str) -> None:
    """A file .venv, and no other, names the environment in its first line, as seen from the file's directory."""
    build(tmp_path / "env", "pyvenv.cfg, Scripts/python.exe")
    file = tmp_path / name
    words = {"directory": tmp_path, "file": file, "sep": os.sep}
    file.write_bytes(text.format(**words).encode("utf-8", "surrogateescape"))
    assert outcome(file).startswith(expected.format(**words))
