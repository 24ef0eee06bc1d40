"""The programs that start with an alias."""

from __future__ import annotations

import errno
import os
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from conftest import posix

from virtualenv_link_bin_scripts import _scripts
from virtualenv_link_bin_scripts._scripts import describe_scripts, find_scripts

if TYPE_CHECKING:
    from pathlib import Path

#: What pip and uv write for an interpreter, on POSIX and on Windows.
KINDS = {
    "script": b"#!%b\nimport sys\n",
    "script with an argument": b"#!%b -E\nimport sys\n",
    "script in quotes": b'#!"%b"\r\nimport sys\r\n',
    "script with a long path": b"#!/bin/sh\n'''exec' %b \"$0\" \"$@\"\n' '''\nimport sys\n",
    "script with a long path and a space": b"#!/bin/sh\n'''exec' \"%b\" \"$0\" \"$@\"\n' '''\nimport sys\n",
    "pip's launcher": b"MZ\x90\0\xff\xfe launcher\0\0#!%b\r\nPK\x03\x04\0\0__main__.py",
    "uv's launcher": b"MZ\x90\0\xff\xfe trampoline\0\0%b\x19\0\0\0UVSC",
}


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Return the scripts directory of an environment, whose path has a space and more."""
    scripts = tmp_path / "it's a naïve !path" / ".venv" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "python").touch()
    return scripts


def write(scripts: Path, kind: str, interpreter: str | Path) -> None:
    """Write a program."""
    (scripts / "program").write_bytes(KINDS[kind] % os.fsencode(interpreter))


@posix
@pytest.mark.parametrize("kind", KINDS)
class TestKinds:
    """Programs of every kind are found."""

    def test_directory(self, scripts: Path, kind: str) -> None:
        """A program that starts with the alias of the scripts directory is found, and no other."""
        alias = scripts.with_name("Scripts")
        alias.symlink_to("bin")

        write(scripts, kind, alias / "python3")
        assert find_scripts(str(scripts), [str(alias)]) == {str(alias): ["program"]}

        write(scripts, kind, scripts / "python3")
        assert find_scripts(str(scripts), [str(alias)]) == {str(alias): []}

    @pytest.mark.parametrize("directory", ["bin", "Scripts"])
    def test_interpreter(self, scripts: Path, kind: str, directory: str) -> None:
        """A program that starts with the alias of the interpreter is found, by either of its paths, and no other."""
        scripts.with_name("Scripts").symlink_to("bin")
        alias = scripts / "python.exe"

        write(scripts, kind, scripts.with_name(directory) / "python.exe")
        assert find_scripts(str(scripts), [str(alias)]) == {str(alias): ["program"]}

        write(scripts, kind, scripts.with_name(directory) / "python")
        assert find_scripts(str(scripts), [str(alias)]) == {str(alias): []}

    def test_other_spelling(self, scripts: Path, tmp_path: Path, kind: str) -> None:
        """A program is found by whatever path to the environment it was installed."""
        scripts.with_name("Scripts").symlink_to("bin")
        (tmp_path / "way").symlink_to(scripts.parent)

        write(scripts, kind, tmp_path / "way" / "Scripts" / "python")

        assert find_scripts(str(scripts), [str(scripts.with_name("Scripts"))]) == {
            str(scripts.with_name("Scripts")): ["program"]
        }

    def test_other_environment(self, scripts: Path, tmp_path: Path, kind: str) -> None:
        """A program that starts with another environment's alias is not found."""
        scripts.with_name("Scripts").symlink_to("bin")
        (tmp_path / "other" / "Scripts").mkdir(parents=True)

        write(scripts, kind, tmp_path / "other" / "Scripts" / "python")

        assert find_scripts(str(scripts), [str(scripts.with_name("Scripts"))]) == {
            str(scripts.with_name("Scripts")): []
        }


@posix
def test_longer_name(scripts: Path) -> None:
    """A name that only begins like the alias is another one."""
    write(scripts, "script", scripts.with_name("Scripts-2") / "python")
    assert find_scripts(str(scripts), [str(scripts.with_name("Scripts"))]) == {str(scripts.with_name("Scripts")): []}


def test_what_is_no_program(scripts: Path) -> None:
    """What is no file is passed over."""
    (scripts / "directory").mkdir()
    assert find_scripts(str(scripts), [str(scripts.with_name("Scripts"))]) == {str(scripts.with_name("Scripts")): []}


def test_not_readable(as_ordinary_user: Path) -> None:
    """A file that can't be read is an error that names it, since somebody else may run it."""
    (as_ordinary_user / "secret").touch(mode=0o000)
    with pytest.raises(PermissionError) as caught:
        find_scripts(str(as_ordinary_user), [str(as_ordinary_user / "Scripts")])
    assert caught.value.filename == str(as_ordinary_user / "secret")


@posix
@pytest.mark.parametrize(("reason", "is_error"), [(errno.EIO, True), (errno.EACCES, True), (errno.ENAMETOOLONG, False)])
def test_path_that_cannot_be_looked_at(
    scripts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: int, is_error: bool
) -> None:
    """A path that can't be looked at may be the alias, and is an error, unless it can't mean anything."""
    write(scripts, "script", tmp_path / "way" / "Scripts" / "python")

    def refuse(path: str, _: str) -> bool:
        raise OSError(reason, os.strerror(reason), path)

    monkeypatch.setattr(os.path, "samefile", refuse)
    alias = str(scripts.with_name("Scripts"))

    if is_error:
        with pytest.raises(OSError, match=os.strerror(reason)):
            find_scripts(str(scripts), [alias])
    else:
        assert find_scripts(str(scripts), [alias]) == {alias: []}


@posix
def test_gone_meanwhile(scripts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is gone by the time it is looked at runs through nothing."""
    monkeypatch.setattr(os, "listdir", lambda _: ["gone"])
    alias = str(scripts.with_name("Scripts"))
    assert find_scripts(str(scripts), [alias]) == {alias: []}


@posix
def test_what_is_never_opened(scripts: Path) -> None:
    """A FIFO is not opened, which might not end, and of a large file only the ends are read."""
    os.mkfifo(scripts / "fifo")
    for name, start in (("large", b"#!/usr/bin/python"), ("large.exe", b"MZ"), ("binary", b"\x7fELF")):
        with (scripts / name).open("wb") as file:
            file.write(start)
            file.truncate(1 << 40)
    alias = str(scripts.with_name("Scripts"))
    assert find_scripts(str(scripts), [alias]) == {alias: []}


@posix
@pytest.mark.parametrize("start", [b"#!", b"#!/", b"MZ/", b"MZ /", b"#! /", b"MZ\0/"])
@pytest.mark.parametrize("part", [b"Scripts/", b" /Scripts", b"\0/Scripts"])
def test_many_names(scripts: Path, start: bytes, part: bytes) -> None:
    """A file full of the alias's name costs no more than a few looks for each."""
    (scripts / "program").write_bytes(start + part * 20_000)
    alias = str(scripts.with_name("Scripts"))
    looks = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os.path, "samefile", lambda path, _: looks.append(path))
        assert find_scripts(str(scripts), [alias]) == {alias: []}
    assert len(looks) <= 600


@posix
def test_note_is_no_script(scripts: Path) -> None:
    """A file that only mentions the alias, or does so below its first line, does not run through it."""
    alias = scripts.with_name("Scripts")
    (scripts / "note").write_text(f"{alias}/python\n", encoding="utf-8")
    (scripts / "script").write_text(f"#!/usr/bin/python\n# {alias}/python\n", encoding="utf-8")
    assert find_scripts(str(scripts), [str(alias)]) == {str(alias): []}


@posix
@pytest.mark.parametrize("interpreter", ["python.exe", "../Scripts/python", "../Scripts/python.exe"])
def test_relocatable(scripts: Path, interpreter: str) -> None:
    """A script of a relocatable environment names its interpreter as seen from its directory."""
    aliases = [scripts.with_name("Scripts"), scripts / "python.exe"]
    aliases[0].symlink_to("bin")
    directory = '"$(dirname -- "$(realpath -- "$0")")"'
    for quote in ("", "'"):
        exec_line = f"'''exec' {directory}/{quote}{interpreter}{quote} \"$0\" \"$@\"\n' '''\n"
        (scripts / "program").write_text(f"#!/bin/sh\n{exec_line}", encoding="utf-8")
        found = find_scripts(str(scripts), [str(alias) for alias in aliases])
        expected = {str(alias): ["program"] if alias.name in interpreter.split("/") else [] for alias in aliases}
        assert found == expected


@posix
def test_one_of_several_aliases(scripts: Path) -> None:
    """A script counts for the alias that it runs through, and not for another one in the same directory."""
    aliases = [str(scripts / "python.exe"), str(scripts / "python3.exe")]
    write(scripts, "script", aliases[1])
    assert find_scripts(str(scripts), aliases) == {aliases[0]: [], aliases[1]: ["program"]}


@posix
def test_blank_before_path(tmp_path: Path) -> None:
    """A blank may belong to the path, and it may end what stands before."""
    scripts = tmp_path / "with a blank " / ".venv" / "bin"
    scripts.mkdir(parents=True)
    alias = scripts.with_name("Scripts")
    alias.symlink_to("bin")
    (scripts / "first").write_text(f"#!{alias}/python\n", encoding="utf-8")
    (scripts / "second").write_text(f"#!/usr/bin/env -S {tmp_path}/link/Scripts/python\n", encoding="utf-8")
    (tmp_path / "link").symlink_to(scripts.parent)
    assert find_scripts(str(scripts), [str(alias)]) == {str(alias): ["first", "second"]}


@posix
def test_own_path_is_not_looked_at(scripts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that is spelt like the environment's needs no look: it may be on a share."""
    alias = str(scripts.with_name("Scripts"))
    write(scripts, "script", f"{alias}/python")
    monkeypatch.setattr(os.path, "samefile", pytest.fail)
    assert find_scripts(str(scripts), [alias]) == {alias: ["program"]}


@posix
def test_two_slashes(scripts: Path) -> None:
    """On POSIX two slashes at the start are as good as one."""
    alias = scripts.with_name("Scripts")
    alias.symlink_to("bin")
    write(scripts, "script", f"/{alias}/python")
    assert find_scripts(str(scripts), [str(alias)]) == {str(alias): ["program"]}


@posix
@pytest.mark.parametrize(
    "form", ['"$(CDPATH= cd -- "$(dirname -- "$0")" && echo "$PWD")"', '"$(dirname -- "$(realpath -- "$0")")"']
)
def test_own_directory(tmp_path: Path, form: str) -> None:
    """Old and new forms of uv for the script's own directory are understood, wherever that is."""
    scripts = tmp_path / "a\ttab" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "program").write_text(f"#!/bin/sh\n'''exec' {form}/'python.exe' \"$0\" \"$@\"\n", encoding="utf-8")
    alias = str(scripts / "python.exe")
    assert find_scripts(str(scripts), [alias]) == {alias: ["program"]}


@posix
def test_apostrophe(tmp_path: Path) -> None:
    """The shell's quoting of an apostrophe is understood."""
    scripts = tmp_path / "Bob's stuff" / "bin"
    scripts.mkdir(parents=True)
    alias = str(scripts / "python.exe")
    quoted = alias.replace("'", "'\"'\"'")
    (scripts / "program").write_text(f"#!/bin/sh\n'''exec' '{quoted}' \"$0\" \"$@\"\n", encoding="utf-8")
    assert find_scripts(str(scripts), [alias]) == {alias: ["program"]}


@posix
def test_comment_of_shell_script(scripts: Path) -> None:
    """A shell script that only mentions the alias does not run through it."""
    alias = scripts.with_name("Scripts")
    (scripts / "script").write_text(f"#!/bin/sh\n# {alias}/python\n", encoding="utf-8")
    assert find_scripts(str(scripts), [str(alias)]) == {str(alias): []}


@posix
def test_links(scripts: Path) -> None:
    """Links in the scripts directory that lead through an alias count, too, but not the alias itself."""
    aliases = [str(scripts.with_name("Scripts")), str(scripts / "python.exe")]
    (scripts.with_name("Scripts")).symlink_to("bin")
    (scripts / "python.exe").symlink_to("python")
    (scripts / "python3").symlink_to("python.exe")
    (scripts / "absolute").symlink_to(scripts / "python.exe")
    (scripts / "tool").symlink_to("../Scripts/python")
    assert find_scripts(str(scripts), aliases) == {aliases[0]: ["tool"], aliases[1]: ["absolute", "python3"]}


@posix
def test_network_is_not_asked(scripts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What may be the address of a share is never looked at."""
    asked = []
    monkeypatch.setattr(os.path, "samefile", lambda path, _: asked.append(path))
    lines = ["#!https://host/some/Scripts/x"]
    if sys.platform != "win32":  # pragma: win32 no cover - where only this can be tested
        monkeypatch.setattr(_scripts, "sys", SimpleNamespace(platform="win32"))
        lines.append("#!//host/share/Scripts/x")
    for number, line in enumerate(lines):
        (scripts / f"program{number}").write_text(f"{line}\n", encoding="utf-8")
    alias = str(scripts.with_name("Scripts"))
    assert find_scripts(str(scripts), [alias]) == {alias: []}
    assert asked == []


@posix
def test_no_path_is_so_long(scripts: Path) -> None:
    """A name that is too far from where its path may begin is none."""
    (scripts / "program").write_bytes(b"#!/" + b"x" * 5000 + b"/Scripts/python\n")
    alias = str(scripts.with_name("Scripts"))
    assert find_scripts(str(scripts), [alias]) == {alias: []}


def test_description() -> None:
    """A message names up to ten programs."""
    programs = [f"program-{number:02}" for number in range(12)]
    python = os.path.join("bin", "python")
    start = "these scripts run through it: program-00, "
    end = (
        f"; reinstall their packages with {python} -m pip install --force-reinstall or uv sync --reinstall,"
        " or pass --force to remove it anyway"
    )
    few, many = describe_scripts(programs[:10], "bin"), describe_scripts(programs, "bin")
    assert few.startswith(start)
    assert few.endswith(f"program-09{end}")
    assert many.endswith(f"program-09 and 2 more{end}")
