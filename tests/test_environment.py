"""The layout of an environment, and the links that follow from it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from helpers import PYTHON, SCRIPTS, add_program, make_environment, posix

from virtualenv_link_bin_scripts._environment import Environment, LayoutError, MissingError
from virtualenv_link_bin_scripts._link import Link

if TYPE_CHECKING:
    from pathlib import Path

SITE_PACKAGES = os.path.join("Lib", "site-packages")


def links(environment: Path, option: str) -> dict[str, str]:
    """Return the aliases of an option, relative to the environment, with their destinations."""
    found = Environment.from_directory(str(environment)).links(option)
    return {os.path.relpath(link.path, environment): link.destination for link in found}


def error(environment: Path, option: str = "bin-scripts") -> str:
    """Return why the links of an option are unknown."""
    with pytest.raises(LayoutError) as caught:
        links(environment, option)
    return str(caught.value)


class TestLayouts:
    """The layouts of different interpreters."""

    def test_posix(self, tmp_path: Path) -> None:
        """An environment of POSIX gets the names of Windows."""
        environment = make_environment(tmp_path / "x")

        assert links(environment, "bin-scripts") == {"Scripts": "bin", os.path.join("bin", "python.exe"): "python"}
        assert links(environment, "site-packages") == {
            SITE_PACKAGES: os.path.join("..", "lib", "python3.13", "site-packages")
        }

    def test_windows(self, tmp_path: Path) -> None:
        """An environment of Windows gets POSIX's scripts directory and interpreter, and nothing else."""
        environment = make_environment(tmp_path / "x", "Scripts", "python.exe")
        (environment / "Scripts" / "tool").touch(mode=0o755)

        assert links(environment, "bin-scripts") == {
            "bin": "Scripts",
            os.path.join("Scripts", "python3.exe"): "python.exe",
        }
        assert links(environment, "exe") == {}
        assert links(environment, "site-packages") == {}

    def test_msys2(self, tmp_path: Path) -> None:
        """An environment of MSYS2, with ``bin`` on Windows, gets the directories of Windows."""
        environment = make_environment(tmp_path / "x", "bin", "python.exe")
        (environment / "bin" / "tool").touch(mode=0o755)

        assert links(environment, "bin-scripts") == {
            "Scripts": "bin",
            os.path.join("bin", "python3.exe"): "python.exe",
        }
        assert links(environment, "exe") == {}
        assert links(environment, "site-packages") == {
            SITE_PACKAGES: os.path.join("..", "lib", "python3.13", "site-packages")
        }

    @posix
    def test_programs(self, tmp_path: Path) -> None:
        """Every program but the interpreter has a link, and so has an uninstalled one."""
        environment = make_environment(tmp_path / "x")
        add_program(environment, "pip")
        (environment / "bin" / "gone.exe").symlink_to("gone")

        assert links(environment, "exe") == {"bin/gone.exe": "gone", "bin/pip.exe": "pip"}

    @posix
    def test_interpreter_is_gone(self, environment: Path) -> None:
        """The layout is known even if the base interpreter has been uninstalled."""
        (environment / "bin" / "python").unlink()
        (environment / "bin" / "python").symlink_to("/gone/python3.13")

        assert links(environment, "bin-scripts") == {"Scripts": "bin", "bin/python.exe": "python"}

    @posix
    @pytest.mark.parametrize("destination", ["bin", "Scripts", "gone", "/"])
    def test_alias(self, environment: Path, destination: str) -> None:
        """A link is never taken for the scripts directory, wherever it points."""
        (environment / "Scripts").symlink_to(destination)

        assert links(environment, "bin-scripts") == {"Scripts": "bin", "bin/python.exe": "python"}

    def test_directory_of_a_package(self, tmp_path: Path) -> None:
        """A directory without an interpreter, as a package may install it, is not the scripts directory."""
        environment = make_environment(tmp_path / "x")
        (environment / "Scripts").mkdir()
        (environment / "Scripts" / "AutoHotkey.exe").touch()

        assert "Scripts" in links(environment, "bin-scripts")


class TestErrors:
    """What is not an environment, or has an unknown layout."""

    def test_missing(self, tmp_path: Path) -> None:
        """If nothing is there, the message says so."""
        with pytest.raises(MissingError) as caught:
            Environment.from_directory(str(tmp_path / "gone"))

        assert str(caught.value) == f"{tmp_path / 'gone'} does not exist"

    def test_file(self, environment: Path) -> None:
        """If it is a file, such as the interpreter, the message says what to pass."""
        path = environment / SCRIPTS / PYTHON

        assert error(path) == f"{path} is a file; pass the environment's directory"

    def test_directory(self, tmp_path: Path) -> None:
        """If a directory has no pyvenv.cfg, the message says so."""
        assert error(tmp_path) == f"{tmp_path} is not a virtual environment (no pyvenv.cfg)"

    def test_scripts_directory(self, tmp_path: Path) -> None:
        """If the directory above is an environment, the message suggests that."""
        environment = make_environment(tmp_path / "x")

        reason = f"is not a virtual environment (no pyvenv.cfg); did you mean {environment}?"
        assert error(environment / "bin") == f"{environment / 'bin'} {reason}"

    def test_no_interpreter(self, tmp_path: Path) -> None:
        """If an environment has no interpreter, the message says what to do."""
        environment = make_environment(tmp_path / "x")
        (environment / "bin" / "python").unlink()

        reason = "no interpreter in bin or Scripts; the environment is incomplete, create it again"
        assert error(environment) == f"{environment}: {reason}"

    @posix
    def test_scripts_directory_is_a_link(self, tmp_path: Path) -> None:
        """If the only scripts directory is a link, the message says so."""
        environment = make_environment(tmp_path / "x")
        (environment / "bin").rename(tmp_path / "bin")
        (environment / "bin").symlink_to("../bin")

        reason = "no interpreter in bin or Scripts (bin is a link); the environment is incomplete, create it again"
        assert error(environment) == f"{environment}: {reason}"

    def test_two_interpreters(self, tmp_path: Path) -> None:
        """If one scripts directory is a copy of the other, as ``zip -r`` makes it, the message says what to do."""
        environment = make_environment(tmp_path / "x")
        (environment / "Scripts").mkdir()
        (environment / "Scripts" / "python").touch()

        reason = "both bin and Scripts have an interpreter; if one is a copy of the other, delete the copy"
        assert error(environment) == f"{environment}: {reason}"

    def test_no_permission(self, ordinary_user: Path) -> None:
        """If the scripts directory may not be entered, the message says so."""
        environment = make_environment(ordinary_user / "x")
        (environment / "bin").chmod(0)

        assert error(environment) == f"{environment / 'bin' / 'python'}: Permission denied"

    def test_programs_cannot_be_listed(self, ordinary_user: Path) -> None:
        """If the scripts directory may be entered, but not listed, the message says so."""
        environment = make_environment(ordinary_user / "x")
        (environment / "bin").chmod(0o300)

        assert error(environment, "exe") == f"{environment / 'bin'}: Permission denied"


@posix
class TestSitePackages:
    """Which of several site-packages belongs to the interpreter."""

    def test_other_implementation(self, environment: Path) -> None:
        """If there is only one, that is it, whatever its directory is called."""
        (environment / "lib" / "python3.13").rename(environment / "lib" / "pypy3.11")

        assert links(environment, "site-packages") == {"Lib/site-packages": "../lib/pypy3.11/site-packages"}

    def test_interpreter_decides(self, environment: Path, tmp_path: Path) -> None:
        """After ``python3.14 -m venv`` over an environment of 3.13, the interpreter is still 3.13."""
        (environment / "lib" / "python3.14" / "site-packages").mkdir(parents=True)
        (environment / "pyvenv.cfg").write_text("version = 3.14.0\n", encoding="utf-8")
        (environment / "bin" / "python").rename(tmp_path / "python3.13")
        (environment / "bin" / "python").symlink_to(tmp_path / "python3.13")

        assert links(environment, "site-packages") == {"Lib/site-packages": "../lib/python3.13/site-packages"}

    @pytest.mark.parametrize("line", ["version = 3.14.0", "version_info = 3.14.0.final.0", "VERSION=3.14"])
    def test_config_decides(self, environment: Path, line: str) -> None:
        """If the interpreter is a copy, pyvenv.cfg decides."""
        (environment / "lib" / "python3.14" / "site-packages").mkdir(parents=True)
        (environment / "pyvenv.cfg").write_text(f"home = /usr/bin\n{line}\n", encoding="utf-8")

        assert links(environment, "site-packages") == {"Lib/site-packages": "../lib/python3.14/site-packages"}

    def test_encoding(self, environment: Path) -> None:
        """Only the version matters in pyvenv.cfg, even if a path there is in another encoding than UTF-8."""
        (environment / "lib" / "python3.14" / "site-packages").mkdir(parents=True)
        (environment / "pyvenv.cfg").write_bytes(b"home = /home/andr\xe9/bin\nversion = 3.14.0\n")

        assert links(environment, "site-packages") == {"Lib/site-packages": "../lib/python3.14/site-packages"}

    def test_unclear(self, environment: Path) -> None:
        """If neither decides, the message names the candidates."""
        (environment / "lib" / "pypy3.13" / "site-packages").mkdir(parents=True)

        reason = "found several site-packages; delete the unused ones: pypy3.13, python3.13"
        assert error(environment, "site-packages") == f"{environment / 'lib'}: {reason}"

    def test_none(self, environment: Path) -> None:
        """An environment without site-packages is incomplete."""
        (environment / "lib" / "python3.13" / "site-packages").rmdir()

        reason = "found no site-packages; the environment is incomplete, create it again"
        assert error(environment, "site-packages") == f"{environment / 'lib'}: {reason}"


@posix
def test_alias_appears_meanwhile(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An alias that another process puts in the place of an empty directory is not taken for the scripts directory."""
    place = environment / "Scripts"
    place.mkdir()
    readlink = os.readlink

    def readlink_late(path: str) -> str:
        if os.path.basename(os.path.dirname(path)) == "Scripts" and not place.is_symlink():
            place.rmdir()
            place.symlink_to("bin")
        return readlink(path)

    monkeypatch.setattr(os, "readlink", readlink_late)

    found = Environment.from_directory(str(environment)).links("bin-scripts")

    assert [link.destination for link in found] == ["bin", "python"]
    assert [type(link) for link in found] == [Link, Link]  # and not those of Windows
