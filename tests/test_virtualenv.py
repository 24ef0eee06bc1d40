"""The real virtualenv with the plugin, as a user runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

import pytest
from helpers import SCRIPTS, posix, run, tree
from packaging.version import Version
from virtualenv.run import session_via_cli

from virtualenv_link_bin_scripts import _host

TABLE = "[tool.virtualenv-link-bin-scripts]\n"
ALL = ["--link-bin-scripts", "--link-exe", "--link-site-packages"]
PREFIX = "import sys; print(sys.prefix)"

#: Older releases of virtualenv name every activator in their summary.
names_idle_activators = Version(version("virtualenv")) < Version("21.14.9")


def virtualenv(*arguments: str | Path, **variables: str) -> str:
    """Run virtualenv in a process of its own, without pip unless that matters, and return what it prints."""
    return run(sys.executable, "-m", "virtualenv", "--without-pip", *arguments, env=variables)


def added(option: str) -> dict[str, str]:
    """Return what an option adds to an environment: each path, with the link's destination."""
    virtualenv("without")
    virtualenv(option, "with")
    without = tree(Path("without"))
    return {path: content for path, content in tree(Path("with")).items() if path not in without}


def warnings(output: str) -> list[str]:
    """Return the lines that the plugin has printed."""
    return [line for line in output.splitlines() if line.startswith("virtualenv-link-bin-scripts: ")]


@posix
class TestAsked:
    """Links that are asked for."""

    def test_bin_scripts(self) -> None:
        """--link-bin-scripts adds the scripts directory and the interpreter's other name, and nothing else."""
        assert added("--link-bin-scripts") == {"Scripts": "-> bin", "bin/python.exe": "-> python"}

    def test_output(self) -> None:
        """virtualenv's summary names the plugin, which prints nothing else."""
        output = virtualenv("--link-bin-scripts", "x")

        assert "LinkBinScriptsActivator" in output
        assert warnings(output) == []

    def test_exe(self, tmp_path: Path) -> None:
        """--link-exe adds a name for every program but the interpreter."""
        virtualenv("--link-exe", "x")

        assert os.readlink(tmp_path / "x" / "bin" / "python3.exe") == "python3"
        assert not os.path.lexists(tmp_path / "x" / "bin" / "python.exe")
        assert not os.path.lexists(tmp_path / "x" / "bin" / "activate.exe")

    def test_site_packages(self) -> None:
        """--link-site-packages adds ``Lib/site-packages``, and nothing else."""
        site_packages = os.path.relpath(sysconfig.get_path("purelib"), sys.prefix)
        assert added("--link-site-packages") == {"Lib": "", "Lib/site-packages": f"-> ../{site_packages}"}

    def test_interpreter(self, tmp_path: Path) -> None:
        """The interpreter belongs to the environment by each of its names."""
        virtualenv(*ALL, "x")

        for name in ("bin/python.exe", "Scripts/python", "Scripts/python3", "Scripts/python.exe"):
            assert run(tmp_path / "x" / name, "-c", PREFIX) == f"{tmp_path / 'x'}\n"

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--creator", "venv", "with a space"],
            ["--copies", "naïve-日本"],
            ["--system-site-packages", "deep/er/x"],
            ["--activators", "bash,link-bin-scripts", "x"],
        ],
    )
    def test_kinds(self, tmp_path: Path, arguments: list[str]) -> None:
        """The links work in every kind of environment, wherever that is."""
        virtualenv("--link-bin-scripts", *arguments)

        environment = tmp_path / arguments[-1]
        assert run(environment / "Scripts" / "python.exe", "-c", PREFIX) == f"{environment}\n"

    def test_again(self, tmp_path: Path) -> None:
        """Asking again changes nothing, and says nothing."""
        virtualenv("--link-bin-scripts", "x")
        before = (tmp_path / "x" / "Scripts").lstat().st_mtime_ns

        output = virtualenv("--link-bin-scripts", "x")

        assert (tmp_path / "x" / "Scripts").lstat().st_mtime_ns == before
        assert warnings(output) == []

    def test_clear(self, tmp_path: Path) -> None:
        """With --clear the old links are deleted, what they led to is not, and new ones are made."""
        (tmp_path / "outside").mkdir()
        (tmp_path / "outside" / "precious").touch()
        virtualenv("x")
        (tmp_path / "x" / "Scripts").symlink_to(tmp_path / "outside")

        output = virtualenv("--clear", "--link-bin-scripts", "x")

        assert os.readlink(tmp_path / "x" / "Scripts") == "bin"
        assert (tmp_path / "outside" / "precious").exists()
        assert warnings(output) == []

    def test_replaced(self, tmp_path: Path) -> None:
        """A link that points elsewhere is replaced, and a warning says where it pointed."""
        virtualenv("x")
        (tmp_path / "x" / "Scripts").symlink_to("elsewhere")

        output = virtualenv("--link-bin-scripts", "x")

        line = f"virtualenv-link-bin-scripts: replaced {tmp_path / 'x' / 'Scripts'}, which pointed to elsewhere"
        assert warnings(output) == [line]
        assert os.readlink(tmp_path / "x" / "Scripts") == "bin"

    def test_uninstalled(self, tmp_path: Path) -> None:
        """The link of a program that has been uninstalled is removed without a warning."""
        virtualenv("x")
        (tmp_path / "x" / "bin" / "tool.exe").symlink_to("tool")

        output = virtualenv("--link-exe", "x")

        assert not os.path.lexists(tmp_path / "x" / "bin" / "tool.exe")
        assert warnings(output) == []


@posix
class TestSources:
    """How links are asked for, other than by options."""

    def test_variable(self, tmp_path: Path) -> None:
        """An environment variable asks for links."""
        virtualenv("x", VIRTUALENV_LINK_SITE_PACKAGES="1")

        assert (tmp_path / "x" / "Lib" / "site-packages").is_symlink()

    def test_ini(self, tmp_path: Path) -> None:
        """virtualenv.ini asks for links."""
        (tmp_path / "virtualenv.ini").write_text("[virtualenv]\nlink_site_packages = true\n", encoding="utf-8")

        virtualenv("x")

        assert (tmp_path / "x" / "Lib" / "site-packages").is_symlink()

    def test_table(self, tmp_path: Path) -> None:
        """The table in a pyproject.toml above the environment asks for links."""
        (tmp_path / "pyproject.toml").write_text(f"{TABLE}site-packages = true\n", encoding="utf-8")

        virtualenv("deep/er/x")

        assert (tmp_path / "deep" / "er" / "x" / "Lib" / "site-packages").is_symlink()

    def test_option_before_table(self, tmp_path: Path) -> None:
        """An option comes before the table."""
        (tmp_path / "pyproject.toml").write_text(f"{TABLE}bin-scripts = true\n", encoding="utf-8")

        virtualenv("--no-link-bin-scripts", "x")

        assert not os.path.lexists(tmp_path / "x" / "Scripts")

    def test_variable_before_table(self, tmp_path: Path) -> None:
        """An environment variable comes before the table."""
        (tmp_path / "pyproject.toml").write_text(f"{TABLE}bin-scripts = true\n", encoding="utf-8")

        virtualenv("x", VIRTUALENV_LINK_BIN_SCRIPTS="0")

        assert not os.path.lexists(tmp_path / "x" / "Scripts")

    def test_option_before_variable(self, tmp_path: Path) -> None:
        """An option comes before an environment variable."""
        virtualenv("--link-bin-scripts", "x", VIRTUALENV_LINK_BIN_SCRIPTS="0")

        assert (tmp_path / "x" / "Scripts").is_symlink()

    def test_variable_of_the_negative_form(self, tmp_path: Path) -> None:
        """The negative form has no environment variable: it would be read as a yes."""
        virtualenv("x", VIRTUALENV_NO_LINK_BIN_SCRIPTS="1")

        assert not os.path.lexists(tmp_path / "x" / "Scripts")


@posix
class TestFailures:
    """If a link can't be made, virtualenv goes on, and a warning says which, and why."""

    def test_file_in_the_way(self, tmp_path: Path) -> None:
        """A file in the place of one link does not stop the others, and the environment works."""
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / "Scripts").write_text("precious", encoding="utf-8")

        output = virtualenv("--link-bin-scripts", "x")

        reason = "a file of that name exists; move or delete it and run this again"
        message = f"could not link {tmp_path / 'x' / 'Scripts'}: {reason}"
        assert warnings(output) == [f"virtualenv-link-bin-scripts: {message}"]
        assert (tmp_path / "x" / "Scripts").read_text(encoding="utf-8") == "precious"
        assert run(tmp_path / "x" / "bin" / "python.exe", "-c", PREFIX) == f"{tmp_path / 'x'}\n"
        assert (tmp_path / "x" / "bin" / "activate").exists()

    def test_mistake(self, tmp_path: Path) -> None:
        """A mistake in the table is one warning, nothing is linked, and the environment is complete."""
        (tmp_path / "pyproject.toml").write_text(f"{TABLE}bin-scripts = true\nall = true\n", encoding="utf-8")

        output = virtualenv("x")

        reason = "[tool.virtualenv-link-bin-scripts]: all is unknown, expected bin-scripts, exe or site-packages"
        assert warnings(output) == [f"virtualenv-link-bin-scripts: {tmp_path / 'pyproject.toml'}: {reason}"]
        assert not os.path.lexists(tmp_path / "x" / "Scripts")
        assert (tmp_path / "x" / "bin" / "activate").exists()

    def test_bug(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
        """Even if the plugin has a bug, virtualenv writes its activation scripts."""

        def fail(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(_host, "apply", fail)

        session_via_cli(["--without-pip", "--link-bin-scripts", "x"], setup_logging=False).run()

        assert "virtualenv-link-bin-scripts: could not add links: ZeroDivisionError()" in caplog.messages
        assert (tmp_path / "x" / SCRIPTS / "activate").exists()


class TestNotAsked:
    """Nothing happens unless it is asked for."""

    def test_same_environment(self, tmp_path: Path) -> None:
        """The environment is, file by file, the one that virtualenv makes without the plugin."""
        command = [sys.executable, "-S", "-m", "virtualenv", "--without-pip", "x"]  # which finds what PYTHONPATH has
        ignore = shutil.ignore_patterns("*virtualenv_link_bin_scripts*")
        without_plugin = shutil.copytree(sysconfig.get_path("purelib"), tmp_path / "modules", ignore=ignore)
        run(*command, env={"PYTHONPATH": str(without_plugin)})
        expected = tree(tmp_path / "x")
        shutil.rmtree(tmp_path / "x")

        run(*command, env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)})

        assert tree(tmp_path / "x") == expected
        assert f"{SCRIPTS}/activate" in expected

    @pytest.mark.skipif(names_idle_activators, reason="this virtualenv names every activator")
    def test_summary(self) -> None:
        """virtualenv's summary does not name the plugin."""
        assert "LinkBinScriptsActivator" not in virtualenv("x")

    def test_nothing_before_the_environment(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        """Preparing an environment, as tox does on every call, neither writes nor prints, nor reads the table."""
        (tmp_path / "pyproject.toml").write_text(f"{TABLE}mistake", encoding="utf-8")

        session_via_cli(["--link-bin-scripts", "x"], setup_logging=False)

        assert os.listdir() == ["pyproject.toml"]
        assert capfd.readouterr() == ("", "")

    def test_no_import(self) -> None:
        """At every start of virtualenv, the plugin imports nothing that virtualenv hasn't imported."""
        code = """
import argparse, sys
from virtualenv.activation import BashActivator
before = set(sys.modules)
import virtualenv_link_bin_scripts.activator
print(*sorted(set(sys.modules) - before))
"""
        imported = subprocess.check_output([sys.executable, "-c", code], text=True).split()

        assert imported == [
            "virtualenv_link_bin_scripts",
            "virtualenv_link_bin_scripts._options",
            "virtualenv_link_bin_scripts.activator",
        ]


def test_help() -> None:
    """The help names the options, says what each adds, and on which systems."""
    text = " ".join(virtualenv("--help", COLUMNS="200").split())

    assert "--link-bin-scripts add the other system's scripts directory, and the interpreter's other name" in text
    assert "--no-link-bin-scripts do not, whatever the configuration says" in text
    assert "--link-exe add bin/NAME.exe for every program but python, on Linux and macOS" in text
    assert "--link-site-packages add Lib/site-packages, on Linux and macOS" in text
