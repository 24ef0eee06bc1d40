"""What a project asks for in pyproject.toml."""

from __future__ import annotations

import configparser  # noqa: F401 - here, since an ordinary user may not find it any more
import errno
import os
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import posix, run

from virtualenv_link_bin_scripts import _config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = "tool.virtualenv-link-bin-scripts"
TABLE = f"[{KEY}]\n"
BIN, EXE = f"{TABLE}bin-scripts = true\n", f"{TABLE}python-exe = true\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the path of a project's pyproject.toml, which does not exist yet, with another project's above it."""
    (tmp_path / "pyproject.toml").write_text(BIN, encoding="utf-8")
    (tmp_path / "project").mkdir()
    return tmp_path / "project" / "pyproject.toml"


def read(file: Path) -> tuple[dict[str, bool], list[str]]:
    """Read the configuration of an environment in the project; its messages without the file's name."""
    messages: list[str] = []
    requested = _config._read([str(file.parent / ".tox" / "3.13")], messages.append)
    assert all(message.startswith(f"{file}: ") for message in messages)
    return requested, [message[len(f"{file}: ") :] for message in messages]


@pytest.mark.parametrize(
    ("tables", "starts", "requested"),
    [
        pytest.param({".": BIN}, ["a/b/.tox/3.13"], {"bin-scripts": True}, id="above, at any distance"),
        pytest.param({".": BIN, "a/b": EXE}, ["a/b/.tox/3.13"], {"python-exe": True}, id="the nearest alone"),
        pytest.param({"a": BIN}, ["a"], {"bin-scripts": True}, id="in the environment, as with python -m venv ."),
        pytest.param({"a/b": BIN}, ["a/.venv"], {}, id="not in the working directory"),
        pytest.param({"a/b": BIN}, ["c/x", "a/b/below"], {"bin-scripts": True}, id="above the project"),
        pytest.param({"a/b": BIN}, ["c/x", "a"], {}, id="not below the project"),
        pytest.param({"a/b": BIN, "c": EXE}, ["c/x", "a/b"], {"python-exe": True}, id="the environment's before that"),
    ],
)
def test_place(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tables: dict[str, str],
    starts: list[str],
    requested: dict[str, bool],
) -> None:
    """The nearest table above the environment counts, else the nearest in or above the project."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "c").mkdir()
    monkeypatch.chdir(tmp_path / "a" / "b")
    for directory, table in tables.items():
        (tmp_path / directory / "pyproject.toml").write_text(table, encoding="utf-8")
    assert _config._read([str(tmp_path / start) for start in starts], pytest.fail) == requested


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not TOML either",
        "# Ü\n".encode("latin-1"),
        b"[project]\nname = 'x'\n",
        b"[dependency-groups]\ndev = ['virtualenv-link-bin-scripts']\n",
        b"tool = 'virtualenv-link-bin-scripts'\n",
        b"[tool.other]\nx = 'virtualenv-link-bin-scripts'\n",
    ],
)
def test_file_without_the_table(file: Path, content: bytes) -> None:
    """A file without the table is passed over, whatever else is in it."""
    file.write_bytes(content)
    assert _config._read([str(file.parent)], pytest.fail) == {"bin-scripts": True}


@pytest.mark.parametrize(
    "put",
    [
        pytest.param(lambda file: file.mkdir(), id="directory"),
        pytest.param(lambda file: os.mkfifo(file, 0o600), id="FIFO", marks=posix),
        pytest.param(lambda file: file.symlink_to("/dev/zero"), id="device", marks=posix),
    ],
)
def test_what_is_no_file(file: Path, put: Callable[[Path], object]) -> None:
    """What is no file is passed over, and never opened, which might not end."""
    put(file)
    assert _config._read([str(file.parent)], pytest.fail) == {"bin-scripts": True}


@posix
def test_symbolic_link(file: Path) -> None:
    """A symbolic link to a file is as good as the file."""
    file.with_name("shared.toml").write_text(EXE, encoding="utf-8")
    file.symlink_to("shared.toml")
    assert read(file) == ({"python-exe": True}, [])


# Before 3.9.14 and 3.10.7 Python shows any number.
NUMBER = "of type int" if hasattr(sys, "set_int_max_str_digits") else f"{str(int('f' * 5000, 16))[:60]}..."

#: What is in the table, what that requests or refuses, and what is reported of the table.
CONTENTS: dict[str, tuple[str, dict[str, bool], list[str]]] = {
    "empty": ("", {}, []),
    "booleans": ("exe = true\nsite-packages = false", {"exe": True, "site-packages": False}, []),
    "Windows's line ends": ("exe = true\r\n[project]\r\nname = '日本'\r\n", {"exe": True}, []),
    "integer": ("python-exe = 1\nexe = true", {"exe": True}, [".python-exe is 1, expected true or false"]),
    "string": ("exe = 'yes'\npython-exe = true", {"python-exe": True}, [".exe is 'yes', expected true or false"]),
    "long string": (f"exe = '{'x' * 5000}'", {}, [f".exe is '{'x' * 59}..., expected true or false"]),
    "long number": (f"exe = 0x{'f' * 5000}", {}, [f".exe is {NUMBER}, expected true or false"]),
    "escape": ('exe = "\\u001b[2J"', {}, [".exe is '\\x1b[2J', expected true or false"]),
    "underscore": ("python_exe = true", {}, [".python_exe is unknown, did you mean python-exe?"]),
    "option": ("link-bin-scripts = true", {}, [".link-bin-scripts is unknown, did you mean bin-scripts?"]),
    "part": ("packages = true\nexe = false", {"exe": False}, [".packages is unknown, did you mean site-packages?"]),
    "long key": (f"{'x' * 5000} = true", {}, [f".'{'x' * 59}... is unknown, did you mean exe?"]),
    "escape in key": ('"\\u001b[2J" = true', {}, [".'\\x1b[2J' is unknown, did you mean site-packages?"]),
    "two": ("x = 1\nexe = 1", {}, [".x is unknown, did you mean exe?", ".exe is 1, expected true or false"]),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize(("lines", "requested", "mistakes"), CONTENTS.values(), ids=CONTENTS)
def test_content(file: Path, encoding: str, lines: str, requested: dict[str, bool], mistakes: list[str]) -> None:
    """Each key is an option; each mistake is one message with the key, the value, cut, and what was expected."""
    file.write_bytes(f"# Übung\n{TABLE}{lines}\n".encode(encoding))
    assert read(file) == (requested, [f"{KEY}{mistake}" for mistake in mistakes])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f"{KEY} = true".encode(), f"{KEY} is True, expected a table"),
        (f"[[{KEY}]]\nbin-scripts = true".encode(), f"{KEY} is [{{'bin-scripts': True}}], expected a table"),
        (f"{TABLE}bin-scripts = maybe\n".encode(), "expected TOML - "),
        (f"# Ü\n{BIN}".encode("latin-1"), "expected UTF-8 - "),
    ],
)
def test_file_that_cannot_be_understood(file: Path, content: bytes, reason: str) -> None:
    """A file that may have the table, but can't be understood, is a mistake, and ends the search."""
    file.write_bytes(content)
    requested, (message,) = read(file)
    assert requested == {}
    assert message.startswith(reason) if reason.endswith(" - ") else message == reason


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        (f"x = {'[' * 100_000}", {"expected TOML"}),
        (f"bin-scripts{'.a' * 20_000} = 1", {f"{KEY}.bin-scripts is ", "expected TOML"}),  # which no repr shows
    ],
    ids=["lists", "tables"],
)
def test_too_deep(file: Path, line: str, reasons: set[str]) -> None:
    """A file that no parser gets through, or whose value can't be shown, is a mistake like others."""
    file.write_text(f"{TABLE}{line}\n", encoding="utf-8")
    code = "import sys; from virtualenv_link_bin_scripts import _config; _config._read(sys.argv[1:], print)"
    # In a process of its own: PyPy stops measuring coverage when the stack is full.
    output = run(sys.executable, "-c", code, file.parent)
    assert output.startswith(tuple(f"{file}: {reason}" for reason in reasons))
    assert len(output) < 1000


def test_cannot_be_read(as_ordinary_user: Path) -> None:
    """A file that can't be looked at, or not be read, is not taken for none, but named with the system's reason."""
    file = as_ordinary_user / "pyproject.toml"
    file.symlink_to(file)
    assert read(file) == ({}, [f"could not be read - {os.strerror(errno.ELOOP)}"])
    file.unlink()
    file.touch(mode=0o000)
    assert read(file) == ({}, [f"could not be read - {os.strerror(errno.EACCES)}"])
    messages: list[str] = []
    assert _config.read_settings({"VIRTUALENV_CONFIG_FILE": str(file)}, messages.append) == {}
    (message,) = messages
    assert message.startswith(f"{file}: could not be read - ")
    assert os.strerror(errno.EACCES) in message


def test_parser_quotes_the_file(file: Path) -> None:
    """A message about virtualenv.ini has a sensible length, however long the line is that is wrong in it."""
    file.write_text("x" * 100_000, encoding="utf-8")
    messages: list[str] = []
    assert _config.read_settings({"VIRTUALENV_CONFIG_FILE": str(file)}, messages.append) == {}
    (message,) = messages
    assert message.startswith(f"{file}: could not be read - File contains no section headers.")
    assert len(message) < 1000


@pytest.mark.parametrize("start", ["closed/project/.venv", "file/.venv"])
def test_where_nobody_may_enter(as_ordinary_user: Path, start: str) -> None:
    """No project lies in a directory that the user may not enter, nor below a file: the search goes on above."""
    (as_ordinary_user / "pyproject.toml").write_text(BIN, encoding="utf-8")
    (as_ordinary_user / "file").touch()
    (as_ordinary_user / "closed").mkdir(mode=0o000)
    assert _config._read([str(as_ordinary_user / start)], pytest.fail) == {"bin-scripts": True}


def test_toml_is_not_imported_without_need(tmp_path: Path) -> None:
    """A file that does not mention the table costs no TOML parser."""
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    code = """
import sys
before = set(sys.modules)
from virtualenv_link_bin_scripts import _config
assert _config._read(sys.argv[1:], print) == {}
print(*(name for name in set(sys.modules) - before if "toml" in name or "difflib" in name))
"""
    assert run(sys.executable, "-c", code, tmp_path) == "\n"
