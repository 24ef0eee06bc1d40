"""The real virtualenv with the plugin, as a user runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER, posix, prefix, run, tree
from packaging.version import Version

import virtualenv_link_bin_scripts
from virtualenv_link_bin_scripts import _filesystem
from virtualenv_link_bin_scripts._options import NAME

if TYPE_CHECKING:
    from conftest import RunVirtualenv

EXE = ".exe" if sys.platform == "win32" else ""
SITE_PACKAGES = os.path.relpath(sysconfig.get_path("purelib"), sys.prefix)

#: The options that make a link on this system, each with its alias and its target, below the environment.
CASES = {"--link-bin-scripts": (OTHER, NATIVE)}
if sys.platform != "win32":  # pragma: win32 no cover
    CASES["--link-python-exe"] = "bin/python.exe", "bin/python"
    CASES["--link-site-packages"] = "Lib/site-packages", SITE_PACKAGES
ALL = [*CASES]
VARIABLES = [f"VIRTUALENV_{option[2:].replace('-', '_').upper()}" for option in ALL]

#: Older releases of virtualenv name every activator in their summary.
NAMES_IDLE_PLUGINS = Version(version("virtualenv")) < Version("21.14.9")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project whose pyproject.toml requests all links, with a virtualenv.ini that does the same."""
    project = tmp_path / "project"
    project.mkdir()
    keys = [option.replace("--link-", "") for option in ALL]
    table = "".join(f"{key} = true\n" for key in keys)
    (project / "pyproject.toml").write_text(f"[tool.{NAME}]\n{table}", encoding="utf-8")
    ini = "".join(f"link_{key.replace('-', '_')} = true\n" for key in keys)
    (project / "virtualenv.ini").write_text(f"[virtualenv]\n{ini}", encoding="utf-8")
    return project


def summary(output: str) -> list[str]:
    """Return the activators that virtualenv's summary names."""
    (line,) = (line for line in output.splitlines() if line.startswith("  activators "))
    return line.split()[1].split(",")


def messages(output: str) -> list[str]:
    """Return what the plugin has printed."""
    return [line for line in output.splitlines() if line.startswith(NAME)]


def interpreters(environment: Path) -> list[Path]:
    """Return all the paths of an environment's interpreter that the links add."""
    return [environment / path for path in [f"{OTHER}/python{EXE}", "bin/python.exe", "Scripts/python.exe"]]


def is_whole(environment: Path) -> bool:
    """Return whether an environment has its activation scripts and an interpreter that belongs to it."""
    scripts = environment / NATIVE
    has_activation_scripts = {"activate", "activate.ps1", "activate_this.py"} <= set(os.listdir(scripts))
    return has_activation_scripts and prefix(scripts / f"python{EXE}") == str(environment.resolve())


def in_place(environment: Path) -> list[str]:
    """Return the options whose aliases point to their targets."""
    links = {option: (environment / alias, environment / target) for option, (alias, target) in CASES.items()}
    return [option for option, (alias, target) in links.items() if os.path.lexists(alias) and alias.samefile(target)]


@pytest.mark.usefixtures("links")
class TestLinks:
    """On request an environment has both systems' layouts."""

    @pytest.mark.parametrize("option", CASES)
    def test_option(self, virtualenv: RunVirtualenv, tmp_path: Path, option: str) -> None:
        """Each option makes its link, and no other; asking again changes nothing, and says nothing."""
        alias = tmp_path / "x" / CASES[option][0]
        states = []
        for _ in range(2):
            output = virtualenv(option, "--without-pip", "x")

            assert in_place(tmp_path / "x") == [option]
            assert is_whole(tmp_path / "x")
            assert "LinkBinScriptsActivator" in summary(output)
            assert messages(output) == []
            states.append((alias.lstat().st_ino, alias.lstat().st_mtime_ns))
        assert states[0] == states[1]

    @posix
    def test_exe(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """Every program has its Windows name, and nothing else has."""
        virtualenv("--link-exe", "x")

        programs = {"pip", "python", "python3", f"python3.{sys.version_info.minor}"}
        names = {path.stem for path in (tmp_path / "x" / "bin").glob("*.exe")}
        assert programs <= names
        assert not any(name.startswith(("activate", "deactivate")) for name in names)
        assert str(tmp_path / "x") in run(tmp_path / "x" / "bin" / "pip.exe", "--version")
        for name in programs - {"pip"}:
            assert prefix(tmp_path / "x" / "bin" / f"{name}.exe") == str((tmp_path / "x").resolve())

    def test_works_by_every_path(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """By every path, the interpreter and what it starts belong to the environment; so do programs added later."""
        script = tmp_path / "script.py"
        script.write_text(
            """
import json, multiprocessing, pip, subprocess, sys

def prefix(_):
    return sys.prefix

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        prefixes = [sys.prefix, *pool.map(prefix, [0])]
    command = [sys.executable, "-c", "import sys; print(sys.prefix)"]
    prefixes.append(subprocess.check_output(command, text=True).strip())
    print(json.dumps([sys.executable, prefixes, pip.__file__]))
""",
            encoding="utf-8",
        )

        virtualenv(*ALL, "x")
        (tmp_path / "x" / NATIVE / "tool").touch()

        assert in_place(tmp_path / "x") == ALL
        for python in interpreters(tmp_path / "x"):
            executable, prefixes, package = json.loads(run(python, script).splitlines()[-1])
            assert executable == str(python)
            assert prefixes == [str((tmp_path / "x").resolve())] * 3
            assert Path(package).samefile(tmp_path / "x" / "Lib" / "site-packages" / "pip" / "__init__.py")
        assert (tmp_path / "x" / OTHER / "tool").exists()

    @pytest.mark.parametrize(
        ("arguments", "destination"),
        [
            pytest.param(["--creator", "venv"], "with a space", id="venv"),
            pytest.param(["--copies"], "naïve-Ünïcödé-日本", id="copies"),
            pytest.param(["--system-site-packages"], "deep/er/x", id="system-site-packages"),
            pytest.param(["--activators", "bash,link-bin-scripts"], "./x", id="activators"),
            pytest.param([], "parent/x", id="symbolic link", marks=posix),
        ],
    )
    def test_kinds_and_places(
        self, virtualenv: RunVirtualenv, tmp_path: Path, arguments: list[str], destination: str
    ) -> None:
        """It works with every kind of environment, wherever that is, and if the plugin is selected by its name."""
        (tmp_path / "real").mkdir()
        _filesystem.LINKS.create(str(tmp_path / "parent"), str(tmp_path / "real"), "real")

        output = virtualenv(*ALL, *arguments, "--without-pip", destination)

        assert {"BashActivator", "LinkBinScriptsActivator"} <= set(summary(output))
        assert in_place(tmp_path / destination) == ALL
        for python in interpreters(tmp_path / destination):
            assert Path(prefix(python)).samefile(tmp_path / destination)

    def test_cleared_and_deleted(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """--clear and shutil.rmtree delete links, and not what they point to; after --clear the aliases exist again."""
        environment, kept = tmp_path / "x", tmp_path / "kept"
        kept.mkdir()
        (kept / "precious").touch()
        virtualenv(*ALL, "--without-pip", "x")
        _filesystem.LINKS.create(str(environment / "alias"), str(kept), os.path.join("..", "kept"))

        output = virtualenv(*ALL, "--without-pip", "--clear", "x")

        assert in_place(environment) == ALL
        assert not os.path.lexists(environment / "alias")
        assert messages(output) == []

        _filesystem.LINKS.create(str(environment / "alias"), str(kept), os.path.join("..", "kept"))
        shutil.rmtree(environment)
        assert not environment.exists()
        assert os.listdir(kept) == ["precious"]

    @pytest.mark.parametrize(
        ("arguments", "variables", "expected"),
        [
            pytest.param(["../x"], dict.fromkeys(VARIABLES, "1"), ALL, id="variables"),
            pytest.param(["../x"], {"VIRTUALENV_CONFIG_FILE": "virtualenv.ini"}, ALL, id="virtualenv.ini"),
            pytest.param(["deep/er/x"], {}, ALL, id="pyproject.toml"),
            pytest.param(["../x"], {}, [], id="outside of the project"),
            pytest.param(["--no-link-bin-scripts", ".venv"], {}, ALL[1:], id="flag overrides pyproject.toml"),
            pytest.param([".venv"], {VARIABLES[0]: "0"}, ALL[1:], id="variable overrides pyproject.toml"),
        ],
    )
    def test_sources(
        self,
        virtualenv: RunVirtualenv,
        project: Path,
        arguments: list[str],
        variables: dict[str, str],
        expected: list[str],
    ) -> None:
        """Links are requested by variables, virtualenv.ini, or the pyproject.toml above the environment."""
        virtualenv("--without-pip", *arguments, cwd=project, env=variables)

        assert in_place(project / arguments[-1]) == expected

    def test_mistake(self, virtualenv: RunVirtualenv, project: Path) -> None:
        """A mistake in pyproject.toml is one line, and the environment has the rest of what was asked for."""
        with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write("scripts = true\n")

        output = virtualenv("--without-pip", project / ".venv")

        reason = f"tool.{NAME}.scripts is unknown, did you mean bin-scripts?"
        assert messages(output) == [f"{NAME}: {project / 'pyproject.toml'}: {reason}"]
        assert in_place(project / ".venv") == ALL
        assert is_whole(project / ".venv")


def test_refused(virtualenv: RunVirtualenv, tmp_path: Path) -> None:
    """Where an alias can't be made, a line says why, what is in the way stays, and the environment is whole."""
    environment, alias = tmp_path / "x", tmp_path / "x" / OTHER
    alias.mkdir(parents=True)
    (alias / "precious").touch()
    before = tree(alias), alias.lstat().st_ino, alias.lstat().st_mtime_ns

    output = virtualenv("--link-bin-scripts", "--without-pip", "x")

    reason = f"a non-empty directory is in the way, and was left alone; if it is a copy of {NATIVE}, delete it"
    assert messages(output) == [f"{NAME}: could not link {alias} to {environment / NATIVE} - {reason}"]
    assert is_whole(environment)
    assert (tree(alias), alias.lstat().st_ino, alias.lstat().st_mtime_ns) == before
    assert NAMES_IDLE_PLUGINS or "LinkBinScriptsActivator" not in summary(output)


@pytest.mark.usefixtures("no_links")
class TestFileSystemWithoutLinks:  # pragma: win32 cover
    """Where the file system has no links, as in Wine, virtualenv makes the environment that it makes without them."""

    def test_whole(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """There is a warning with the system's reason, no directory is left behind, and the environment works."""
        output = virtualenv("--link-bin-scripts", "x")

        start = f"{NAME}: could not link {tmp_path / 'x' / OTHER} to {tmp_path / 'x' / NATIVE} - "
        (line,) = messages(output)
        assert line.startswith(start)
        assert len(line) > len(start)
        assert not os.path.lexists(tmp_path / "x" / OTHER)
        assert is_whole(tmp_path / "x")


class TestNotAskedFor:
    """Nothing happens unless it is asked for."""

    def test_file_by_file(self, tmp_path: Path) -> None:
        """An environment is, file by file, the one that virtualenv makes without the plugin, which is not named."""
        site_packages = sysconfig.get_path("purelib")
        without = tmp_path / "without"
        shutil.copytree(site_packages, without, ignore=shutil.ignore_patterns("*virtualenv_link_bin_scripts*"))

        def create(modules: str | Path) -> tuple[dict[str, tuple[int, object]], list[str]]:
            variables = {"PYTHONPATH": str(modules), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
            output = run(sys.executable, "-S", "-m", "virtualenv", "x", cwd=tmp_path, env={**os.environ, **variables})
            found = tree(tmp_path / "x")
            for path in [path for path in found if Path(path).match("Scripts/pip*.exe")]:  # pragma: win32 cover
                found[path] = found[path][0], None  # has the time in it
            shutil.rmtree(tmp_path / "x")
            return found, summary(output)

        plugin = Path(virtualenv_link_bin_scripts.__file__).parents[1]  # elsewhere when it is installed to be edited
        found_with, named = create(f"{site_packages}{os.pathsep}{plugin}")
        found_without, _ = create(without)

        assert found_with.keys() == found_without.keys()
        assert [path for path in found_with if found_with[path] != found_without[path]] == []
        assert f"{NATIVE}/activate" in found_with
        assert "BashActivator" in named
        assert NAMES_IDLE_PLUGINS or "LinkBinScriptsActivator" not in named

    def test_no_import(self, tmp_path: Path) -> None:
        """Importing the plugin imports no module that virtualenv has not imported when it has made an environment."""
        # virtualenv meets a stand-in, so that the modules are its own; newer Pythons import some only when used.
        code = """
import json, sys
from types import SimpleNamespace
from virtualenv.activation import BashActivator
from virtualenv.run import cli_run
name = "virtualenv_link_bin_scripts.activator"
sys.modules[name] = SimpleNamespace(LinkBinScriptsActivator=BashActivator)
cli_run(["--without-pip", sys.argv[1]], setup_logging=False)
del sys.modules[name]
before = set(sys.modules)
import virtualenv_link_bin_scripts.activator
print(json.dumps(sorted(set(sys.modules) - before)))
"""
        output = subprocess.check_output([sys.executable, "-c", code, tmp_path / "x"], stdin=subprocess.DEVNULL)
        added = json.loads(output)

        assert "virtualenv_link_bin_scripts.activator" in added
        assert [name for name in added if name.split(".")[0] != "virtualenv_link_bin_scripts"] == []
