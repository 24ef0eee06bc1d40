"""The real virtualenv with the plugin beside it, as a user runs it."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER
from packaging.version import Version

import virtualenv_link_bin_scripts
from virtualenv_link_bin_scripts._link import Link

if TYPE_CHECKING:
    from conftest import RunVirtualenv

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")
EXE = ".exe" if sys.platform == "win32" else ""


def summary(output: str) -> list[str]:
    """Return the activators that virtualenv's summary names."""
    (line,) = (line for line in output.splitlines() if line.startswith("  activators "))
    return line.split()[1].split(",")


def prefix(environment: Path, scripts: str) -> str:
    """Return what the environment's interpreter says it belongs to."""
    code = "import sys; print(ascii(sys.prefix))"
    output = subprocess.check_output([environment / scripts / f"python{EXE}", "-c", code], text=True)
    return str(eval(output))


def tree(directory: Path) -> dict[str, tuple[int, object]]:
    """Return every path below a directory, with its mode and content."""
    found: dict[str, tuple[int, object]] = {}
    for root, directories, files in os.walk(directory):
        for name in directories + files:
            path = Path(root, name)
            mode = path.lstat().st_mode
            content = os.readlink(path) if path.is_symlink() else path.read_bytes() if stat.S_ISREG(mode) else None
            found[path.relative_to(directory).as_posix()] = mode, content
    return found


def activation_scripts(environment: Path) -> bool:
    """Tell whether virtualenv has written its activation scripts."""
    return {"activate", "activate.ps1", "activate_this.py"} <= set(os.listdir(environment / NATIVE))


@pytest.mark.usefixtures("links")
class TestLink:
    """On request an environment has both scripts directories."""

    def test_both_scripts_directories(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """The interpreter works under both names, and belongs to the environment."""
        output = virtualenv("--link-bin-scripts", "x")

        assert prefix(tmp_path / "x", OTHER) == prefix(tmp_path / "x", NATIVE) == str((tmp_path / "x").resolve())
        assert activation_scripts(tmp_path / "x")
        assert "LinkBinScriptsActivator" in summary(output)

    def test_program_installed_later(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """A program that is put into the scripts directory later has both names."""
        virtualenv("--link-bin-scripts", "--without-pip", "x")

        (tmp_path / "x" / NATIVE / "tool").touch()

        assert (tmp_path / "x" / OTHER / "tool").exists()

    def test_environment_variable(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """The environment variable does what the flag does."""
        virtualenv("--without-pip", "x", env={"VIRTUALENV_LINK_BIN_SCRIPTS": "1"})

        assert (tmp_path / "x" / OTHER / "activate").exists()

    def test_selected(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """The plugin is selected under the name link-bin-scripts."""
        output = virtualenv("--without-pip", "--activators", "bash,link-bin-scripts", "--link-bin-scripts", "x")

        assert sorted(summary(output)) == ["BashActivator", "LinkBinScriptsActivator"]
        assert (tmp_path / "x" / OTHER / "activate").exists()

    @pytest.mark.parametrize(
        "arguments",
        [["--creator", "venv"], ["--copies"], ["--without-pip"], ["--system-site-packages"]],
        ids=" ".join,
    )
    def test_kinds_of_environments(self, virtualenv: RunVirtualenv, tmp_path: Path, arguments: list[str]) -> None:
        """It works with every kind of environment."""
        virtualenv("--link-bin-scripts", *arguments, "x")

        assert prefix(tmp_path / "x", OTHER) == str((tmp_path / "x").resolve())

    @pytest.mark.parametrize("destination", ["with a space", "naïve-Ünïcödé-日本", "deep/er/x", "./x"])
    def test_destinations(self, virtualenv: RunVirtualenv, tmp_path: Path, destination: str) -> None:
        """It works wherever an environment may be."""
        virtualenv("--link-bin-scripts", "--without-pip", destination)

        assert prefix(tmp_path / destination, OTHER) == str((tmp_path / destination).resolve())

    @posix
    def test_symlinked_parent(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """It works where a parent directory is a symbolic link."""
        (tmp_path / "real").mkdir()
        (tmp_path / "parent").symlink_to("real")

        virtualenv("--link-bin-scripts", "--without-pip", "parent/x")

        assert os.readlink(tmp_path / "real" / "x" / "Scripts") == "bin"

    def test_clear(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """After --clear the alias is there again."""
        virtualenv("--link-bin-scripts", "--without-pip", "x")
        (tmp_path / "x" / NATIVE / "old").touch()

        output = virtualenv("--link-bin-scripts", "--without-pip", "--clear", "x")

        assert (tmp_path / "x" / OTHER / "activate").exists()
        assert not (tmp_path / "x" / NATIVE / "old").exists()
        assert "could not link" not in output

    def test_again(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """Asking again changes nothing, and says nothing."""
        virtualenv("--link-bin-scripts", "--without-pip", "x")
        before = (tmp_path / "x" / OTHER).lstat()

        output = virtualenv("--link-bin-scripts", "--without-pip", "x")

        after = (tmp_path / "x" / OTHER).lstat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
        assert "led to" not in output
        assert "LinkBinScriptsActivator" in summary(output)

    def test_moved(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """A link that leads elsewhere is replaced, with a warning that names where it led."""
        alias, target, old = tmp_path / "x" / OTHER, tmp_path / "x" / NATIVE, tmp_path / "old" / NATIVE
        old.mkdir(parents=True)
        alias.parent.mkdir()
        Link(str(alias), str(old)).make()
        shutil.rmtree(tmp_path / "old")

        output = virtualenv("--link-bin-scripts", "--without-pip", "x")

        led_to = old if sys.platform == "win32" else "../old/bin"
        assert f"{alias} led to {led_to}, and leads to {target} now" in output.splitlines()
        assert alias.samefile(target)

    def test_empty_directory(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """An empty directory is replaced."""
        (tmp_path / "x" / OTHER).mkdir(parents=True)

        virtualenv("--link-bin-scripts", "--without-pip", "x")

        assert (tmp_path / "x" / OTHER).samefile(tmp_path / "x" / NATIVE)

    def test_at_once(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """Several processes at once all succeed, without a warning."""
        command = [sys.executable, "-m", "virtualenv", "--link-bin-scripts", "--without-pip", "x"]
        virtualenv("--without-pip", "x")
        processes = [
            subprocess.Popen(
                [*command, "--activators", "link-bin-scripts"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
            )
            for _ in range(4)
        ]
        outputs = [process.communicate()[0] for process in processes]

        assert [process.returncode for process in processes] == [0] * 4
        assert [summary(output) for output in outputs] == [["LinkBinScriptsActivator"]] * 4
        assert not any("could not" in output or "led to" in output for output in outputs)
        assert (tmp_path / "x" / OTHER / "activate").exists()

    def test_rmtree(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """shutil.rmtree deletes the link and not what it leads to, twice over."""
        kept = tmp_path / "kept"
        kept.mkdir()
        (kept / "precious").touch()
        for _ in range(2):
            virtualenv("--link-bin-scripts", "--without-pip", "x")
            Link(str(tmp_path / "x" / OTHER), str(kept)).make()

            shutil.rmtree(tmp_path / "x")

            assert not (tmp_path / "x").exists()
            assert os.listdir(kept) == ["precious"]


class TestNoLink:
    """An environment is whole where an alias can't be made."""

    def refused(self, virtualenv: RunVirtualenv, tmp_path: Path, reason: str) -> None:
        """Check what virtualenv says and makes."""
        before = (tmp_path / "x" / OTHER).lstat()

        output = virtualenv("--link-bin-scripts", "--without-pip", "x")

        alias, target = tmp_path / "x" / OTHER, tmp_path / "x" / NATIVE
        assert f"could not link {alias} to {target} - {reason} is in its place, and stays there" in output.splitlines()
        assert activation_scripts(tmp_path / "x")
        assert prefix(tmp_path / "x", NATIVE) == str((tmp_path / "x").resolve())
        after = (tmp_path / "x" / OTHER).lstat()
        assert (after.st_ino, after.st_mtime_ns, after.st_mode) == (before.st_ino, before.st_mtime_ns, before.st_mode)
        if summary_is_filtered():
            assert "LinkBinScriptsActivator" not in summary(output)

    def test_directory(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """A directory with something in it stays."""
        (tmp_path / "x" / OTHER).mkdir(parents=True)
        (tmp_path / "x" / OTHER / "precious").touch()

        self.refused(virtualenv, tmp_path, "a directory with something in it")

        assert os.listdir(tmp_path / "x" / OTHER) == ["precious"]

    def test_file(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """A file stays."""
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / OTHER).write_text("precious", encoding="utf-8")

        self.refused(virtualenv, tmp_path, "a file")

        assert (tmp_path / "x" / OTHER).read_text(encoding="utf-8") == "precious"

    @posix
    def test_fifo(self, virtualenv: RunVirtualenv, tmp_path: Path) -> None:
        """A FIFO stays."""
        (tmp_path / "x").mkdir()
        os.mkfifo(tmp_path / "x" / OTHER)

        self.refused(virtualenv, tmp_path, "a FIFO")


class TestNotAskedFor:
    """Nothing happens unless it is asked for."""

    def test_file_by_file(self, tmp_path: Path) -> None:
        """An environment is, file by file, the one that virtualenv makes without the plugin."""
        site_packages = sysconfig.get_path("purelib")
        without = tmp_path / "without"
        shutil.copytree(site_packages, without, ignore=shutil.ignore_patterns("*virtualenv_link_bin_scripts*"))

        def create(modules: str | Path) -> tuple[str, dict[str, tuple[int, object]]]:
            output = subprocess.check_output(
                [sys.executable, "-S", "-m", "virtualenv", "x"],
                cwd=tmp_path,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": str(modules), "PYTHONDONTWRITEBYTECODE": "1"},
                text=True,
            )
            found = tree(tmp_path / "x")
            shutil.rmtree(tmp_path / "x")
            return output, found

        plugin = Path(virtualenv_link_bin_scripts.__file__).parents[1]  # elsewhere when it is installed to be edited
        output_with, found_with = create(f"{site_packages}{os.pathsep}{plugin}")
        output_without, found_without = create(without)

        assert found_with == found_without
        assert f"{NATIVE}/activate" in found_with
        if summary_is_filtered():
            assert "LinkBinScripts" not in output_with
            assert summary(output_with) == summary(output_without)

    def test_no_import(self) -> None:
        """Importing the plugin imports no module that virtualenv has not imported by then."""
        code = """
import json, sys
from virtualenv.run import session_via_cli
from virtualenv.run.plugin.base import PluginLoader
from virtualenv.activation import BashActivator
before = set(sys.modules)
import virtualenv_link_bin_scripts.activator
print(json.dumps(sorted(set(sys.modules) - before)))
"""
        added = json.loads(subprocess.check_output([sys.executable, "-c", code], stdin=subprocess.DEVNULL, text=True))

        assert added
        assert [name for name in added if name.split(".")[0] != "virtualenv_link_bin_scripts"] == []


def summary_is_filtered() -> bool:
    """Tell whether virtualenv's summary leaves out the activators that made nothing; older releases name them all."""
    return Version(version("virtualenv")) >= Version("21.14.9")
