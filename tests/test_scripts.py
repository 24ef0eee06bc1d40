"""Scripts that run through an alias."""

from __future__ import annotations

import errno
import os
import re
import sys
from contextlib import nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from conftest import posix, run
from links import next_descriptors

from virtualenv_link_bin_scripts import _scripts
from virtualenv_link_bin_scripts._scripts import describe_scripts, find_scripts

if TYPE_CHECKING:
    from pathlib import Path

#: What a program may be made of.
PROGRAM = b"\x90\0\xff\xfe/bin Scripts" * 8192 + b"\0"

#: What pip and uv write for an interpreter, on POSIX and on Windows.
KINDS = {
    "script": b"#!%b\nimport sys\n",
    "script with an argument": b"#!%b -E\nimport sys\n",
    "script in quotes": b'#!"%b"\r\nimport sys\r\n',
    "script with a long path": b"#!/bin/sh\n'''exec' %b \"$0\" \"$@\"\n' '''\nimport sys\n",
    "script with a long path and a space": b"#!/bin/sh\n'''exec' \"%b\" \"$0\" \"$@\"\n' '''\nimport sys\n",
    "pip's launcher": b"MZ" + PROGRAM + b"#!%b\r\nPK\x03\x04\0\0__main__.py",
    "old launcher of uv": b"MZ" + PROGRAM + b"%b\x19\0\0\0UVSC",
    "launcher of uv, signed": b"MZ" + PROGRAM + b"%bPK\x03\x04\0\0__main__.py#!%b\n\1" + PROGRAM[:8192],
    "uv's launcher of an interpreter": b"MZ" + PROGRAM + b"%b\2",
}

#: What a program names as its interpreter, and the aliases that it then runs through.
INTERPRETERS = {
    "{env}/bin/python3": "",
    "{env}/Scripts/python3": "Scripts",
    "/{env}/Scripts/python": "Scripts",
    "{env}/bin/python.exe": "python.exe",
    "{env}/bin/python3.exe": "python3.exe",
    "{env}/Scripts/python.exe": "Scripts python.exe",
    "{env}/Scripts-2/python": "",
    "{env}/Scripts.old/python": "",
    "{link}/Scripts/python": "Scripts",
    "{link}/bin/python.exe": "python.exe",
    "{other}/Scripts/python": "",
}

#: Other contents of a file, and the aliases that it then runs through.
CONTENTS = {
    "note": ("{env}/Scripts/python", ""),
    "below the first line": ("#!/usr/bin/python\n# {env}/Scripts/python", ""),
    "comment of a shell script": ("#!/bin/sh\n# {env}/Scripts/python", ""),
    "by env": ("#!/usr/bin/env -S {link}/Scripts/python", "Scripts"),
    "apostrophe as the shell has it": ("#!/bin/sh\n'''exec' '{quoted}/Scripts/python' \"$0\" \"$@\"", "Scripts"),
}


def make_scripts(environment: Path) -> Path:
    """Return the scripts directory of a new environment with an alias of it."""
    scripts = environment / "bin"
    scripts.mkdir(parents=True)
    (scripts / "python").touch()
    scripts.with_name("Scripts").symlink_to("bin")
    return scripts


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Return the scripts directory of an environment whose path has blanks, one before a slash, and more."""
    scripts = make_scripts(tmp_path / "it's a naïve !path " / ".venv")
    make_scripts(tmp_path / "other")
    (tmp_path / "link").symlink_to(scripts.parent)
    return scripts


def fill(text: str, scripts: Path) -> bytes:
    """Fill in the paths of the fixture's environment, of a link to it, and of another one."""
    env, way = scripts.parent, scripts.parents[2]
    return os.fsencode(
        text.format(env=env, link=way / "link", other=way / "other", quoted=str(env).replace("'", "'\"'\"'"))
    )


def find(scripts: Path) -> dict[str, list[str]]:
    """Return the scripts that run through the aliases of an environment, by the names of the aliases that have any."""
    aliases = [str(path) for path in (scripts.with_name("Scripts"), scripts / "python.exe", scripts / "python3.exe")]
    found = find_scripts(str(scripts), aliases)
    assert list(found) == aliases
    return {os.path.basename(alias): users for alias, users in found.items() if users}


def find_aliases(scripts: Path, content: bytes) -> str:
    """Return the names of the aliases that a program with a content runs through."""
    (scripts / "program").write_bytes(content)
    free = next_descriptors()
    found = find(scripts)
    assert next_descriptors() == free
    assert all(programs == ["program"] for programs in found.values())
    return " ".join(found)


@posix
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_kinds(scripts: Path, kind: str, interpreter: str) -> None:
    """A program of any kind runs through the aliases in its interpreter's path, however that is spelt."""
    content = KINDS[kind].replace(b"%b", fill(interpreter, scripts))
    assert find_aliases(scripts, content) == INTERPRETERS[interpreter]


@posix
@pytest.mark.parametrize(("text", "expected"), CONTENTS.values(), ids=CONTENTS)
def test_contents(scripts: Path, text: str, expected: str) -> None:
    """A program runs through the alias that is in its interpreter's path, and not where it only mentions one."""
    assert find_aliases(scripts, fill(text, scripts)) == expected


@posix
@pytest.mark.parametrize(
    "form", ['"$(CDPATH= cd -- "$(dirname -- "$0")" && echo "$PWD")"', '"$(dirname -- "$(realpath -- "$0")")"']
)
@pytest.mark.parametrize("quote", ["", "'"])
@pytest.mark.parametrize(
    ("interpreter", "expected"),
    [("python.exe", "python.exe"), ("../Scripts/python", "Scripts"), ("../Scripts/python.exe", "Scripts python.exe")],
)
def test_relocatable(tmp_path: Path, form: str, quote: str, interpreter: str, expected: str) -> None:
    """Old and new forms of uv for an interpreter as seen from the script's directory are understood, wherever it is."""
    scripts = make_scripts(tmp_path / "a\ttab")
    exec_line = f"'''exec' {form}/{quote}{interpreter}{quote} \"$0\" \"$@\"\n' '''\n"
    assert find_aliases(scripts, f"#!/bin/sh\n{exec_line}".encode()) == expected


@posix
@pytest.mark.parametrize(
    ("name", "kind"), [("a\tb\1", "script"), ("a\tb\1 c\nd", "script with a long path and a space")], ids=["#!", "exec"]
)
def test_control_characters(tmp_path: Path, name: str, kind: str) -> None:
    """Control characters are part of a path, and even a line feed where the shell reads it."""
    scripts = make_scripts(tmp_path / name)
    assert find_aliases(scripts, KINDS[kind].replace(b"%b", fill("{env}/Scripts/python", scripts))) == "Scripts"


@posix
def test_locale_without_utf_8(tmp_path: Path) -> None:
    """A path is found, too, where the locale has another encoding than the path."""
    scripts = make_scripts(tmp_path / "naïve")
    (scripts / "program").write_bytes(fill("#!{env}/Scripts/python\n", scripts))
    module = "from virtualenv_link_bin_scripts._scripts import find_scripts"
    code = f"import sys; {module}; print(find_scripts(sys.argv[1], sys.argv[2:]))"
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "utf-8"}
    output = run(sys.executable, "-c", code, scripts, scripts.with_name("Scripts"), env={**os.environ, **locale})
    assert output.endswith("Scripts': ['program']}\n")


@posix
def test_names_that_differ_in_case(scripts: Path) -> None:
    """A program counts for each alias that it may mean on a file system that ignores case."""
    (scripts / "program").write_bytes(fill("#!{env}/bin/TOOL.exe", scripts))
    aliases = [str(scripts / name) for name in ("Tool.exe", "tool.exe")]
    assert find_scripts(str(scripts), aliases) == {key: ["program"] for key in aliases}


@posix
def test_links(scripts: Path) -> None:
    """Links in the scripts directory that lead through an alias count, too, but not the alias itself."""
    (scripts / "python.exe").symlink_to("python")
    (scripts / "python3").symlink_to("python.exe")
    (scripts / "absolute").symlink_to(scripts / "python.exe")
    (scripts / "tool").symlink_to("../Scripts/python")
    assert find(scripts) == {"Scripts": ["tool"], "python.exe": ["absolute", "python3"]}


def test_what_is_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no file, or gone by the time it is looked at, is passed over."""
    (tmp_path / "directory").mkdir()
    monkeypatch.setattr(os, "listdir", lambda _: ["directory", "gone"])
    assert find(tmp_path) == {}


@posix
def test_what_is_never_opened(scripts: Path) -> None:
    """A FIFO is not opened, which might not end, and of a large file only the ends are read."""
    os.mkfifo(scripts / "fifo")
    for name, start in (("large", b"#!/usr/bin/python"), ("large.exe", b"MZ"), ("binary", b"\x7fELF")):
        with (scripts / name).open("wb") as file:
            file.write(start)
            file.truncate(1 << 40)
    assert find(scripts) == {}


def test_not_readable(as_ordinary_user: Path) -> None:
    """A file that can't be read is an error that names it, since somebody else may run it."""
    (as_ordinary_user / "secret").touch(mode=0o000)
    with pytest.raises(PermissionError) as caught:
        find(as_ordinary_user)
    assert caught.value.filename == str(as_ordinary_user / "secret")


@posix
@pytest.mark.parametrize("reason", [errno.EIO, errno.EACCES, errno.ENAMETOOLONG])
def test_path_that_cannot_be_looked_at(scripts: Path, monkeypatch: pytest.MonkeyPatch, reason: int) -> None:
    """A path that can't be looked at may be the alias, and is an error, unless it can't mean anything."""

    def refuse(path: str, _: str) -> bool:
        raise OSError(reason, os.strerror(reason), path)

    monkeypatch.setattr(os.path, "samefile", refuse)
    is_error = reason != errno.ENAMETOOLONG
    with pytest.raises(OSError, match=os.strerror(reason)) if is_error else nullcontext():
        assert find_aliases(scripts, fill("#!{link}/Scripts/python", scripts)) == ""


@posix
@pytest.mark.parametrize(
    ("interpreter", "platform", "expected", "is_looked_at"),
    [
        ("{env}/Scripts/python", "linux", "Scripts", False),
        ("https://host/some/Scripts/x", "linux", "", False),
        ("//host/share/Scripts/x", "win32", "", False),
        ("/some/Scripts/x", "win32", "", True),
    ],
)
def test_looks(tmp_path: Path, interpreter: str, platform: str, expected: str, is_looked_at: bool) -> None:
    """The environment's own spelling needs no look, as it may be on a share, and other shares are never looked at."""
    scripts = make_scripts(tmp_path / "without blanks" / ".venv")
    looks = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os.path, "samefile", lambda path, _: looks.append(path))
        system = SimpleNamespace(platform=platform, getfilesystemencoding=sys.getfilesystemencoding)
        patch.setattr(_scripts, "sys", system)
        assert find_aliases(scripts, fill(f"#!{interpreter}\n", scripts)) == expected
    assert bool(looks) == is_looked_at


@posix
@pytest.mark.parametrize("start", [b"#!", b"#!/", b"MZ/", b"MZ /", b"#! /", b"MZ\0/"])
@pytest.mark.parametrize("part", [b"Scripts/", b" /Scripts", b"\0/Scripts"])
def test_many_names(scripts: Path, start: bytes, part: bytes) -> None:
    """A file full of the alias's name costs no more than a few looks for each."""
    (scripts / "program").write_bytes(start + part * 20_000)
    looks = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os.path, "samefile", lambda path, _: looks.append(path))
        assert find(scripts) == {}
    assert len(looks) <= 600


def test_each_line_once() -> None:
    """A line is searched for paths once, however often it has the alias's name."""
    content = b"none\0/Scripts\t/scripts\0a /Scripts\0Script"
    found = _scripts._find_lines(content, bytes(range(256)).lower(), re.compile(b"scripts"))
    assert list(found) == [b"/Scripts\t/scripts", b"a /Scripts"]


def test_description() -> None:
    """A message names up to ten programs."""
    programs = [f"program-{number:02}" for number in range(12)]
    install = f"{os.path.join('bin', 'python')} -m pip install --force-reinstall or uv sync --reinstall"
    end = f"; reinstall their packages with {install}, or pass --force to remove it anyway"
    start = f"these scripts run through it: {', '.join(programs[:10])}"
    assert describe_scripts(programs[:10], "bin") == f"{start}{end}"
    assert describe_scripts(programs, "bin") == f"{start} and 2 more{end}"
