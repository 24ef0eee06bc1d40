"""Which programs have another name on Windows, and which run through an alias."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from helpers import SCRIPTS, add_program, posix

from virtualenv_link_bin_scripts._programs import find_scripts, list_programs, read_scripts

if TYPE_CHECKING:
    from pathlib import Path


@posix
class TestListPrograms:
    """The programs that Windows calls NAME.exe: True if there is such a program, False for a link without one."""

    @pytest.mark.parametrize("name", ["pip", "pip3.13", "2to3-3.13", "py.test", "a b"])
    def test_program(self, environment: Path, name: str) -> None:
        """A program is one that Windows calls NAME.exe, even if its name has a dot or a blank."""
        add_program(environment, name)

        assert list_programs(str(environment / "bin")) == {name: True}

    @pytest.mark.parametrize("name", ["script.py", "run.sh", "RUN.PS1", "tool.exe", ".hidden"])
    def test_same_name(self, environment: Path, name: str) -> None:
        """A script with an extension, or a hidden file, has the same name on Windows."""
        add_program(environment, name)

        assert list_programs(str(environment / "bin")) == {}

    def test_not_a_program(self, environment: Path) -> None:
        """What can't be run is not a program."""
        (environment / "bin" / "activate").touch(mode=0o644)
        (environment / "bin" / "directory").mkdir()
        (environment / "bin" / "dangling").symlink_to("gone")

        assert list_programs(str(environment / "bin")) == {}

    def test_link_to_a_program(self, environment: Path) -> None:
        """A link to a program is a program."""
        add_program(environment, "python3.13")
        (environment / "bin" / "python3").symlink_to("python3.13")

        assert list_programs(str(environment / "bin")) == {"python3": True, "python3.13": True}

    def test_uninstalled(self, environment: Path) -> None:
        """A link whose program has been uninstalled is found."""
        (environment / "bin" / "tool.exe").symlink_to("tool")

        assert list_programs(str(environment / "bin")) == {"tool": False}

    def test_link_of_somebody_else(self, environment: Path) -> None:
        """A link called NAME.exe to a program elsewhere is not taken for an uninstalled program."""
        (environment / "bin" / "explorer.exe").symlink_to("/mnt/c/Windows/explorer.exe")

        assert list_programs(str(environment / "bin")) == {}


def find(environment: Path, alias: str, name: str, content: bytes) -> list[str]:
    """Install a script, and return the scripts that run through an alias."""
    (environment / SCRIPTS / name).write_bytes(content)
    return find_scripts(read_scripts(str(environment / SCRIPTS)), str(environment / alias))


class TestFindScripts:
    """The scripts that would not run without an alias."""

    @pytest.mark.parametrize(
        "content",
        [
            b"#!/home/me/project/.venv/Scripts/python\nimport sys\n",
            b"#!/bin/sh\n'''exec' \"/home/my project/.venv/Scripts/python\" \"$0\" \"$@\"\n' '''\n",
            b'#!/bin/sh\n\'\'\'exec\' "$(dirname -- "$(realpath -- "$0")")"/\'../Scripts/python\' "$0" "$@"\n',
            b"#!/home/me/project/.VENV/scripts/python3\n",  # where case is ignored
        ],
    )
    def test_directory(self, environment: Path, content: bytes) -> None:
        """A script counts if its interpreter is in the alias, even a relocatable script from uv."""
        assert find(environment, "Scripts", "tool", content) == ["tool"]

    @pytest.mark.parametrize(
        "content",
        [
            b"#!/home/me/project/.venv/bin/python.exe\n",
            b'#!/bin/sh\n\'\'\'exec\' "$(dirname -- "$(realpath -- "$0")")"/\'python.exe\' "$0" "$@"\n',
        ],
    )
    def test_interpreter(self, environment: Path, content: bytes) -> None:
        """A script counts if its interpreter is the alias, even a relocatable script from uv."""
        assert find(environment, "bin/python.exe", "tool", content) == ["tool"]

    @pytest.mark.parametrize("padding", [b"", b"UVSC", b"PK\3\4" + bytes(3000)], ids=["bare", "uv", "pip"])
    def test_launcher(self, environment: Path, padding: bytes) -> None:
        """A launcher of Windows, which names its interpreter near its end, counts."""
        content = b"MZ" + bytes(100_000) + b"#!C:\\me\\project\\.venv\\bin\\python.exe\r\n" + padding

        assert find(environment, "bin", "tool.exe", content) == ["tool.exe"]

    @pytest.mark.parametrize(
        "content",
        [
            b"#!/home/me/Scripts/project/.venv/bin/python\n",
            b"#!/usr/bin/python\n\nprint('/home/me/project/.venv/Scripts/python')\n",
            b"\x7fELF /home/me/project/.venv/Scripts/python\n",
        ],
    )
    def test_other_script(self, environment: Path, content: bytes) -> None:
        """A script that only mentions such a path doesn't count."""
        assert find(environment, "Scripts", "tool", content) == []

    @posix
    def test_link(self, environment: Path) -> None:
        """A link to the alias counts, as in environments that Python 3.9 makes by ``bin/python.exe -m venv``."""
        scripts = environment / "bin"
        (scripts / "python3").symlink_to("python.exe")
        (scripts / "python.exe").symlink_to("/usr/bin/python3.9")

        assert find_scripts(read_scripts(str(scripts)), str(scripts / "python.exe")) == ["python3"]

    @posix
    def test_alias_itself(self, environment: Path) -> None:
        """The alias itself doesn't count."""
        scripts = environment / "bin"
        (scripts / "python.exe").symlink_to("../bin/python.exe")

        assert find_scripts(read_scripts(str(scripts)), str(scripts / "python.exe")) == []

    @posix
    def test_uninstalled_meanwhile(self, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A script that another process uninstalls during the search doesn't count."""
        gone = add_program(environment, "gone")
        open_file = io.open

        def open_late(*arguments: Any, **options: Any) -> Any:
            gone.unlink(missing_ok=True)
            return open_file(*arguments, **options)

        monkeypatch.setattr("builtins.open", open_late)

        assert "gone" not in read_scripts(str(environment / "bin"))
