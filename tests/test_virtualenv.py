"""The real virtualenv with the plugin, as a user runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from conftest import NATIVE, OTHER, posix, tree
from packaging.version import Version

import virtualenv_link_bin_scripts
from virtualenv_link_bin_scripts import _filesystem
from virtualenv_link_bin_scripts._options import NAME

if TYPE_CHECKING:
    from conftest import RunVirtualenv

EXE = ".exe" if sys.platform == "win32" else ""
SITE_PACKAGES = os.path.relpath(sysconfig.get_path("purelib"), sys.prefix)


class Case(NamedTuple):
    """An option, and the alias and the target that it is about, below the environment."""

    option: str
    alias: str
    target: str


CASES = [Case("--link-bin-scripts", OTHER, NATIVE)]
if sys.platform != "win32":  # pragma: win32 no cover
    CASES += [
        Case("--link-python-exe", "bin/python.exe", "bin/python"),
        Case("--link-site-packages", "Lib/site-packages", SITE_PACKAGES),
    ]
ALL = [case.option for case in CASES]


@pytest.fixture(params=CASES, ids=lambda case: case.option)
def case(request: pytest.FixtureRequest) -> Case:
    """Return each option that makes a link on this system."""
    assert isinstance(request.param, Case)
    return request.param


def summary(output: str) -> list[str]:
    """Return the activators that virtualenv's summary names."""
    (line,) = (line for line in output.splitlines() if line.startswith("  activators "))
    return line.split()[1].split(",")


def prefix(python: Path) -> str:
    """Return what an interpreter says it belongs to."""
    output = subprocess.check_output([python, "-c", "import sys, json; print(json.dumps(sys.prefix))"])
    return str(json.loads(output))


def interpreters(environment: Path) -> list[Path]:
    """Return all the paths of an environment's interpreter that the links add."""
    return [environment / path for path in [f"{OTHER}/python{EXE}", "bin/python.exe", "Scripts/python.exe"]]


def activation_scripts(environment: Path) -> bool:
    """Return whether virtualenv has written its activation scripts."""
    return {"activate", "activate.ps1", "activate_this.py"} <= set(os.listdir(environment / NATIVE))


def in_place(environment: Path) -> list[str]:
    """Return the options whose aliases point to their targets."""
    return [
        case.option
        for case in CASES
        if os.path.lexists(environment / case.alias) and (environment / case.alias).samefile(environment / case.target)
    ]


@pytest.mark.usefixtures("links")
class TestLinks:
    """On request an environment has both systems' layouts."""

    def test_option_makes_its_link_only(self, virtualenv: RunVirtualenv, tmp_path: Path, case: Case) -> None:
        """Each option makes its link, and no other."""
        output = virtualenv(case.option, "--without-pip", "x")

        assert in_place(tmp_path / "x") == [case.option]
        assert activation_scripts(tmp_path / "x")
        assert "LinkBinScriptsActivator" in summary(output)

    @posix
    def test_exe(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """Every program has its Windows name, and nothing else has."""
        virtualenv("--link-exe", "x")

        programs = {"pip", "python", "python3", f"python3.{sys.version_info.minor}"}
        names = {path.stem for path in (tmp_path / "x" / "bin").glob("*.exe")}
        assert programs <= names
        assert not any(name.startswith(("activate", "deactivate")) for name in names)
        for name in programs:
            assert subprocess.check_output([tmp_path / "x" / "bin" / f"{name}.exe", "--version"])
        assert prefix(tmp_path / "x" / "bin" / "python3.exe") == str((tmp_path / "x").resolve())

    def test_interpreter_belongs_to_environment(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """The interpreter belongs to the environment and finds its packages, by whatever path it is run."""
        virtualenv(*ALL, "x")

        assert in_place(tmp_path / "x") == ALL
        for python in interpreters(tmp_path / "x"):
            assert prefix(python) == str((tmp_path / "x").resolve())
            output = subprocess.check_output([python, "-c", "import pip; print(pip.__file__)"], text=True).strip()
            assert Path(output).samefile(tmp_path / "x" / "Lib" / "site-packages" / "pip" / "__init__.py")

    def test_subprocesses_belong_to_environment(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """What an interpreter starts belongs to the environment as well."""
        virtualenv(*ALL, "--without-pip", "x")
        script = tmp_path / "script.py"
        script.write_text(
            """
import multiprocessing, subprocess, sys

def prefix(_):
    return sys.prefix

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(prefix, [0])[0] == sys.prefix)
    command = [sys.executable, "-c", "import sys; print(sys.prefix)"]
    print(subprocess.check_output(command, text=True).strip() == sys.prefix)
    print(sys.executable)
""",
            encoding="utf-8",
        )

        for python in interpreters(tmp_path / "x"):
            output = subprocess.check_output([python, script], stdin=subprocess.DEVNULL, text=True)
            assert output.splitlines() == ["True", "True", str(python)]

    def test_program_installed_later(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """A program that is put into the scripts directory later has both names."""
        virtualenv("--link-bin-scripts", "--without-pip", "x")

        (tmp_path / "x" / NATIVE / "tool").touch()

        assert (tmp_path / "x" / OTHER / "tool").exists()

    def test_environment_variable(self, virtualenv: RunVirtualenv, tmp_path: Path, case: Case) -> None:
        """The environment variable does what the flag does."""
        name = f"VIRTUALENV_{case.option.lstrip('-').replace('-', '_').upper()}"

        virtualenv("--without-pip", "x", env={name: "1"})

        assert in_place(tmp_path / "x") == [case.option]

    def test_selected(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """The plugin is selected under the name link-bin-scripts."""
        output = virtualenv("--without-pip", "--activators", "bash,link-bin-scripts", *ALL, "x")

        assert sorted(summary(output)) == ["BashActivator", "LinkBinScriptsActivator"]
        assert in_place(tmp_path / "x") == ALL

    @pytest.mark.parametrize(
        "arguments",
        [["--creator", "venv"], ["--copies"], ["--without-pip"], ["--system-site-packages"]],
        ids=" ".join,
    )
    def test_kinds_of_environments(self, virtualenv: RunVirtualenv, tmp_path: Path, arguments: list[str]) -> None:
        """It works with every kind of environment."""
        virtualenv(*ALL, *arguments, "x")

        assert in_place(tmp_path / "x") == ALL
        for python in interpreters(tmp_path / "x"):
            assert prefix(python) == str((tmp_path / "x").resolve())

    @pytest.mark.parametrize("destination", ["with a space", "naïve-Ünïcödé-日本", "deep/er/x", "./x"])
    def test_destinations(self, virtualenv: RunVirtualenv, tmp_path: Path, destination: str) -> None:
        """It works wherever an environment may be."""
        virtualenv(*ALL, "--without-pip", destination)

        assert in_place(tmp_path / destination) == ALL
        for python in interpreters(tmp_path / destination):
            assert prefix(python) == str((tmp_path / destination).resolve())

    @posix
    def test_symlinked_parent(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """It works where a parent directory is a symbolic link."""
        (tmp_path / "real").mkdir()
        (tmp_path / "parent").symlink_to("real")

        virtualenv(*ALL, "--without-pip", "parent/x")

        assert os.readlink(tmp_path / "real" / "x" / "Scripts") == "bin"
        assert in_place(tmp_path / "parent" / "x") == ALL

    def test_clear_makes_links_again(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """After --clear the aliases exist again."""
        virtualenv(*ALL, "--without-pip", "x")
        (tmp_path / "x" / NATIVE / "old").touch()

        output = virtualenv(*ALL, "--without-pip", "--clear", "x")

        assert in_place(tmp_path / "x") == ALL
        assert not (tmp_path / "x" / NATIVE / "old").exists()
        assert "could not link" not in output

    def test_second_run_changes_nothing(self, virtualenv: RunVirtualenv, tmp_path: Path, case: Case) -> None:
        """Asking again changes nothing, and says nothing."""
        virtualenv(case.option, "--without-pip", "x")
        before = (tmp_path / "x" / case.alias).lstat()

        output = virtualenv(case.option, "--without-pip", "x")

        after = (tmp_path / "x" / case.alias).lstat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
        assert "replaced" not in output
        assert "LinkBinScriptsActivator" in summary(output)

    def test_replaces_link_that_points_elsewhere(self, virtualenv: RunVirtualenv, tmp_path: Path, case: Case) -> None:
        """A link that points elsewhere is replaced, with a warning that names where it pointed."""
        alias, old = tmp_path / "x" / case.alias, tmp_path / "old"
        old.mkdir()
        alias.parent.mkdir(parents=True)
        _filesystem.LINKS.create(str(alias), str(old), os.path.relpath(old, alias.parent))
        shutil.rmtree(tmp_path / "old")

        output = virtualenv(case.option, "--without-pip", "x")

        former = old if sys.platform == "win32" else os.path.relpath(old, alias.parent)
        assert f"{NAME}: replaced {alias}, which pointed to {former}" in output.splitlines()
        assert in_place(tmp_path / "x") == [case.option]

    @posix
    def test_replaces_link_for_other_python(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """When the environment is made for another Python, Lib/site-packages follows it."""
        other = tmp_path / "x" / "lib" / "python3.1" / "site-packages"
        other.mkdir(parents=True)
        (tmp_path / "x" / "Lib").mkdir(exist_ok=True)
        (tmp_path / "x" / "Lib" / "site-packages").symlink_to("../lib/python3.1/site-packages")

        virtualenv("--link-site-packages", "--without-pip", "x")

        assert in_place(tmp_path / "x") == ["--link-site-packages"]
        assert other.exists()

    def test_replaces_empty_directory(self, virtualenv: RunVirtualenv, tmp_path: Path, case: Case) -> None:
        """An empty directory is replaced."""
        (tmp_path / "x" / case.alias).mkdir(parents=True)

        virtualenv(case.option, "--without-pip", "x")

        assert in_place(tmp_path / "x") == [case.option]

    def test_processes_at_once(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """Several processes at once all succeed, without a warning."""
        virtualenv("--without-pip", "x")
        # Only the plugin's part is done at once: virtualenv itself fails when two make one interpreter's link.
        code = """
import sys
from virtualenv.run import session_via_cli
session = session_via_cli(sys.argv[1:])
print("ready", flush=True)
sys.stdin.readline()
session._activate()
print(*(type(activator).__name__ for activator in session.activators))
"""
        command = [sys.executable, "-c", code, "--activators", "link-bin-scripts", *ALL, str(tmp_path / "x")]
        with ExitStack() as stack:
            processes = [
                stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
                for _ in range(4)
            ]
            for process in processes:
                assert process.stdout
                assert process.stdout.readline() == "ready\n"
            outputs = [process.communicate("go\n")[0] for process in processes]

        assert outputs == ["LinkBinScriptsActivator\n"] * 4
        assert in_place(tmp_path / "x") == ALL

    def test_rmtree(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """shutil.rmtree deletes the links and not what they point to, twice over."""
        kept = tmp_path / "kept"
        kept.mkdir()
        (kept / "precious").touch()
        for _ in range(2):
            virtualenv(*ALL, "--without-pip", "x")
            _filesystem.LINKS.create(str(tmp_path / "x" / "alias"), str(kept), os.path.join("..", "kept"))

            shutil.rmtree(tmp_path / "x")

            assert not (tmp_path / "x").exists()
            assert os.listdir(kept) == ["precious"]


class TestNoLink:
    """An environment is whole where an alias can't be made."""

    def refused(self, virtualenv: RunVirtualenv, environment: Path, case: Case, reason: str) -> None:
        """Check what virtualenv says and makes."""
        alias, target = environment / case.alias, environment / case.target
        before = alias.lstat()

        output = virtualenv(case.option, "--without-pip", "x")

        copy = f"if it is a copy of {target.name}, delete it"
        expected = f"{NAME}: could not link {alias} to {target} - {reason} is in the way, and was left alone; {copy}"
        assert expected in output.splitlines()
        assert activation_scripts(environment)
        assert prefix(environment / NATIVE / f"python{EXE}") == str(environment.resolve())
        after = alias.lstat()
        assert (after.st_ino, after.st_mtime_ns, after.st_mode) == (before.st_ino, before.st_mtime_ns, before.st_mode)

    def test_directory(self, virtualenv: RunVirtualenv, tmp_path: Path, case: Case) -> None:
        """A non-empty directory stays."""
        (tmp_path / "x" / case.alias).mkdir(parents=True)
        (tmp_path / "x" / case.alias / "precious").touch()

        self.refused(virtualenv, tmp_path / "x", case, "a non-empty directory")

        assert os.listdir(tmp_path / "x" / case.alias) == ["precious"]

    def test_file(self, virtualenv: RunVirtualenv, tmp_path: Path, case: Case) -> None:
        """A file stays."""
        (tmp_path / "x" / case.alias).parent.mkdir(parents=True)
        (tmp_path / "x" / case.alias).write_text("precious", encoding="utf-8")

        self.refused(virtualenv, tmp_path / "x", case, "a file")

        assert (tmp_path / "x" / case.alias).read_text(encoding="utf-8") == "precious"

    @posix
    def test_fifo(self, virtualenv: RunVirtualenv, tmp_path: Path, case: Case) -> None:
        """A FIFO stays."""
        (tmp_path / "x" / case.alias).parent.mkdir(parents=True)
        os.mkfifo(tmp_path / "x" / case.alias)

        self.refused(virtualenv, tmp_path / "x", case, "a file")

    @posix
    @pytest.mark.usefixtures("case_sensitive")
    def test_lib_leads_out(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """Where Lib points out of the environment, nothing is written there."""
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / "Lib").symlink_to("../elsewhere")

        output = virtualenv("--link-site-packages", "--without-pip", "x")

        assert f" - {tmp_path / 'x' / 'Lib'} points out of the environment" in output
        assert os.listdir(tmp_path / "elsewhere") == []
        assert activation_scripts(tmp_path / "x")


@pytest.mark.usefixtures("no_links")
class TestFileSystemWithoutLinks:  # pragma: win32 cover
    """Where the file system has no links, as in Wine, virtualenv makes the environment that it makes without them."""

    def test_whole(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """There is a warning with the system's reason, no directory is left behind, and the environment works."""
        output = virtualenv("--link-bin-scripts", "x")

        start = f"{NAME}: could not link {tmp_path / 'x' / OTHER} to {tmp_path / 'x' / NATIVE} - "
        (line,) = (line for line in output.splitlines() if "could not link" in line)
        assert line.startswith(start)
        assert len(line) > len(start)
        assert not os.path.lexists(tmp_path / "x" / OTHER)
        assert activation_scripts(tmp_path / "x")
        assert prefix(tmp_path / "x" / NATIVE / f"python{EXE}") == str((tmp_path / "x").resolve())

    def test_empty_directory(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """An empty directory in the alias's place stays."""
        (tmp_path / "x" / OTHER).mkdir(parents=True)

        output = virtualenv("--link-bin-scripts", "--without-pip", "x")

        assert "could not link" in output
        assert os.listdir(tmp_path / "x" / OTHER) == []

    def test_pyproject(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """pyproject.toml is obeyed."""
        table = "[tool.virtualenv-link-bin-scripts]\nbin-scripts = true\n"
        (tmp_path / "pyproject.toml").write_text(table, encoding="utf-8")

        assert "could not link" in virtualenv("--without-pip", "x")
        assert "could not link" not in virtualenv("--without-pip", "--no-link-bin-scripts", "x")


@pytest.mark.usefixtures("links")
class TestPyproject:
    """A project asks for links once, in pyproject.toml."""

    @pytest.fixture(autouse=True)
    def project(self, tmp_path: Path) -> Path:
        """Return a project that asks for all links."""
        project = tmp_path / "project"
        project.mkdir()
        (project / "pyproject.toml").write_text(
            "[tool.virtualenv-link-bin-scripts]\nbin-scripts = true\npython-exe = true\nsite-packages = true\n",
            encoding="utf-8",
        )
        return project

    def test_all(self, virtualenv: RunVirtualenv, project: Path) -> None:
        """An environment in the project has all links, wherever virtualenv is run."""
        virtualenv("--without-pip", ".venv", cwd=project)
        virtualenv("--without-pip", project / "deep" / "er")

        assert in_place(project / ".venv") == ALL
        assert in_place(project / "deep" / "er") == ALL

    def test_flag_overrides_table(self, virtualenv: RunVirtualenv, project: Path, case: Case) -> None:
        """The command line can refuse each link."""
        virtualenv("--without-pip", case.option.replace("--link", "--no-link"), ".venv", cwd=project)

        assert in_place(project / ".venv") == [option for option in ALL if option != case.option]

    def test_variable_overrides_table(self, virtualenv: RunVirtualenv, project: Path, case: Case) -> None:
        """The environment variable can refuse each link."""
        name = f"VIRTUALENV_{case.option.lstrip('-').replace('-', '_').upper()}"

        virtualenv("--without-pip", ".venv", cwd=project, env={name: "0"})

        assert in_place(project / ".venv") == [option for option in ALL if option != case.option]

    def test_outside(self, virtualenv: RunVirtualenv, project: Path, tmp_path: Path) -> None:
        """An environment outside the project has none, though virtualenv is run in the project."""
        virtualenv("--without-pip", tmp_path / "x", cwd=project)

        assert in_place(tmp_path / "x") == []

    def test_mistake(self, virtualenv: RunVirtualenv, project: Path) -> None:
        """A mistake is one line, and the environment is complete, with the rest of what was asked for."""
        with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write("scripts = true\n")

        output = virtualenv("--without-pip", ".venv", cwd=project)

        start = f"{NAME}: {project / 'pyproject.toml'}: "
        assert [line[len(start) :] for line in output.splitlines() if line.startswith(start)] == [
            "tool.virtualenv-link-bin-scripts.scripts is unknown, did you mean bin-scripts?"
        ]
        assert in_place(project / ".venv") == ALL
        assert activation_scripts(project / ".venv")


class TestNotAskedFor:
    """Nothing happens unless it is asked for."""

    def test_file_by_file(self, tmp_path: Path) -> None:
        """An environment is, file by file, the one that virtualenv makes without the plugin."""
        site_packages = sysconfig.get_path("purelib")
        without = tmp_path / "without"
        shutil.copytree(site_packages, without, ignore=shutil.ignore_patterns("*virtualenv_link_bin_scripts*"))

        def create(modules: str | Path) -> dict[str, tuple[int, object]]:
            subprocess.check_call(
                [sys.executable, "-S", "-m", "virtualenv", "x"],
                cwd=tmp_path,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": str(modules), "PYTHONDONTWRITEBYTECODE": "1"},
            )
            found = tree(tmp_path / "x")
            for path in [path for path in found if Path(path).match("Scripts/pip*.exe")]:  # pragma: win32 cover
                found[path] = found[path][0], None  # has the time in it
            shutil.rmtree(tmp_path / "x")
            return found

        plugin = Path(virtualenv_link_bin_scripts.__file__).parents[1]  # elsewhere when it is installed to be edited
        found_with = create(f"{site_packages}{os.pathsep}{plugin}")
        found_without = create(without)

        assert found_with.keys() == found_without.keys()
        assert [path for path in found_with if found_with[path] != found_without[path]] == []
        assert f"{NATIVE}/activate" in found_with

    @pytest.mark.skipif(
        Version(version("virtualenv")) < Version("21.14.9"), reason="this virtualenv names every activator"
    )
    @pytest.mark.parametrize("option", [[], ["--link-bin-scripts"]], ids=["not asked for", "refused"])
    def test_summary(self, virtualenv: RunVirtualenv, tmp_path: Path, option: list[str]) -> None:
        """The summary of virtualenv does not name the plugin where it has put nothing in place."""
        (tmp_path / "x" / OTHER / "precious").mkdir(parents=True)

        output = virtualenv("--without-pip", *option, "x")

        assert "BashActivator" in summary(output)
        assert "LinkBinScriptsActivator" not in summary(output)

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
