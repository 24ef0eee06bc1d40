"""What the pages say: each block and recipe, except the set-up of tests/frontends, works as it is written."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers import run, tree
from pages import README, RECIPES, ROOT
from shell import check_links

if TYPE_CHECKING:
    from shell import Shell

PREFIX = "import sys; print(sys.prefix)"
IGNORED = shutil.ignore_patterns(".*", "build", "dist")


@pytest.fixture
def linked_environment(tmp_path: Path) -> Path:
    """Return an environment with all links, in a project with the README's table."""
    (tmp_path / "pyproject.toml").write_text(README["pyproject.toml"], encoding="utf-8")
    run(sys.executable, "-m", "virtualenv", ".venv")
    check_links(tmp_path / ".venv")
    return tmp_path / ".venv"


class TestReadme:
    """The README."""

    def test_makefile(self, shell: Shell) -> None:
        """A Makefile that was written on Windows runs after the line for one's own project."""
        groups = "[dependency-groups]\ndev = ['pytest', 'ruff']\n"
        project = f"[project]\nname = 'project'\nversion = '1'\n{groups}{README['pyproject.toml']}"
        test = '"""A test."""\n\n\ndef test_it() -> None:\n    """It works."""\n'
        shell.write("Makefile", README["Makefile"])
        shell.write("pyproject.toml", project)
        shell.write("test_it.py", test)
        shell("uv sync")
        assert "Error 127" in shell("LC_ALL=C make check", status=2)

        output = shell(README["project"].replace("/path/to/clone", str(ROOT)) + "make check")

        assert "1 passed" in output

    def test_remove(self, shell: Shell) -> None:
        """With ``--remove`` instead of ``--link-exe``, that line removes what it has added."""
        line = README["project"].replace("/path/to/clone", str(ROOT))
        shell("uv venv")
        before = tree(shell.project / ".venv")
        shell(line)

        shell(line.replace("--link-exe", "--remove"))

        assert tree(shell.project / ".venv") == before

    def test_uv_checkout(self, shell: Shell) -> None:
        """In a clone, uv alone links an environment, and prints what the page shows."""
        clone = shell.project / "clone"
        shutil.copytree(ROOT, clone, ignore=IGNORED)

        output = shell(README["uv-checkout"], cwd=clone)

        page = (ROOT / "README.rst").read_text(encoding="utf-8")
        shown = re.findall(r"^    (linked .*)$", page, re.MULTILINE)
        version = re.findall(r"lib/(.*)/site-packages", output)[0]
        assert [line.replace("python3.13", version) for line in shown] == re.findall(
            r"^linked .*$", output, re.MULTILINE
        )
        assert len(shown) == 3

    def test_changed_clone(self, shell: Shell) -> None:
        """After a change in a clone, such as a pull, uv runs the new code."""
        clone = shell.project / "clone"
        shutil.copytree(ROOT, clone, ignore=IGNORED)
        shell(README["uv-checkout"], cwd=clone)
        command = clone / "src" / "virtualenv_link_bin_scripts" / "_cli.py"
        command.write_text("def main() -> None:\n    print('the new code')\n", encoding="utf-8")

        output = shell(README["uv-checkout"].splitlines()[-1], cwd=clone)

        assert output.splitlines()[-1] == "the new code"

    def test_checkout(self, shell: Shell) -> None:
        """In a clone, Python alone creates a linked environment."""
        clone = shell.project / "clone"
        shutil.copytree(ROOT, clone, ignore=IGNORED)

        shell(README["checkout"], cwd=clone)

        assert (clone / ".venv" / "Scripts" / "python.exe").exists()

    def test_develop(self, shell: Shell) -> None:
        """In a clone, one line installs tox and lists the tests, and CI runs the same line."""
        clone = shell.project / "clone"
        shutil.copytree(ROOT, clone, ignore=IGNORED)

        output = shell(README["develop"].replace("tox run\n", "tox list\n"), cwd=clone)

        assert "faults" in output
        assert README["develop"] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    @pytest.mark.usefixtures("linked_environment")
    @pytest.mark.parametrize(
        "path",
        [
            ".venv/bin/python",
            ".venv/bin/python3",
            ".venv/bin/pip",
            ".venv/Scripts/python.exe",
            ".venv/Scripts/activate",
            ".venv/Scripts/pip.exe",
            ".venv/Lib/site-packages/pip/__init__.py",
        ],
    )
    def test_table_of_paths(self, path: str) -> None:
        """Each path of the table exists on Linux and macOS; pip stands for pytest."""
        assert Path(path).exists()

    def test_settings(self, linked_environment: Path) -> None:
        """VS Code's settings name an interpreter that belongs to the environment, and a program of it."""
        text = README[".vscode/settings.json"].replace("${workspaceFolder}", str(linked_environment.parent))
        settings = json.loads(text)

        assert run(settings["python.defaultInterpreterPath"], "-c", PREFIX) == f"{linked_environment}\n"
        (ruff,) = settings["ruff.path"]
        assert Path(ruff) == linked_environment / "Scripts" / "ruff.exe"

    def test_length(self) -> None:
        """The README has at most 130 lines, so that a stranger reads it to the end."""
        assert len((ROOT / "README.rst").read_text(encoding="utf-8").splitlines()) <= 130


class TestRecipes:
    """docs/recipes.rst."""

    def test_tasks(self, shell: Shell) -> None:
        """VS Code's task links ``.venv``, and does nothing without one."""
        (task,) = json.loads(RECIPES[".vscode/tasks.json"])["tasks"]
        command = " ".join([task["command"], *task["args"]])
        shell.write("pyproject.toml", README["pyproject.toml"])

        shell(f"{command}\nuv venv\n{command}")

        check_links(shell.project / ".venv")

    def test_mcp(self, linked_environment: Path) -> None:
        """The recipe's command starts a server that is installed in the environment."""
        module = linked_environment / "Lib" / "site-packages" / "our_server.py"
        module.write_text("print(input())\n", encoding="utf-8")
        server = json.loads(RECIPES[".mcp.json"])["mcpServers"]["ours"]

        output = subprocess.check_output([server["command"], *server["args"]], input="hello\n", text=True)

        assert output == "hello\n"

    def test_local_hook(self, shell: Shell) -> None:
        """The recipe's hook runs a module that is installed in the environment."""
        shell.install("pre-commit")
        shell.write(".pre-commit-config.yaml", RECIPES["local-hook"])
        shell.write("pyproject.toml", README["pyproject.toml"])
        shell("uv venv && uvx virtualenv-link-bin-scripts && git init && git add .")
        module = shell.project / ".venv" / "Lib" / "site-packages" / "our_check.py"
        module.write_text("import sys; sys.exit(f'checked by {sys.prefix}')\n", encoding="utf-8")

        output = shell("pre-commit run --all-files", status=1)

        assert f"checked by {shell.project / '.venv'}" in output

    def test_activate(self, linked_environment: Path) -> None:
        """The line activates the environment in Bash."""
        assert run("bash", "-c", f"{RECIPES['activate']}echo $VIRTUAL_ENV") == f"{linked_environment}\n"

    @pytest.mark.usefixtures("linked_environment")
    def test_script_that_asks_for_the_system(self) -> None:
        """A script that detects Windows with ``[ -d .venv/Scripts ]`` finds an interpreter that works."""
        assert "Python 3" in run("sh", "-c", "[ -d .venv/Scripts ] && .venv/Scripts/python.exe --version")


class TestLimits:
    """docs/limits.rst."""

    def test_redirect(self, tmp_path: Path) -> None:
        """``virtualenv env`` beside a pyproject.toml writes a file ``.venv``, and the command follows it."""
        (tmp_path / "pyproject.toml").touch()

        run(sys.executable, "-m", "virtualenv", "--without-pip", "env")

        assert (tmp_path / ".venv").is_file()
        run(sys.executable, "-m", "virtualenv_link_bin_scripts")
        assert (tmp_path / "env" / "Scripts").is_symlink()

    def test_windows_environment_in_a_container(self, tmp_path: Path) -> None:
        """An environment of Windows can be linked on Linux, and then ``python -m venv`` fails there."""
        (tmp_path / ".venv" / "Scripts").mkdir(parents=True)
        (tmp_path / ".venv" / "Scripts" / "python.exe").touch()
        (tmp_path / ".venv" / "pyvenv.cfg").touch()

        run(sys.executable, "-m", "virtualenv_link_bin_scripts")

        assert os.readlink(tmp_path / ".venv" / "bin") == "Scripts"
        run(sys.executable, "-m", "venv", "--without-pip", ".venv", status=1)

    def test_activators(self, tmp_path: Path) -> None:
        """With ``--activators bash``, the plugin makes no links."""
        virtualenv = [sys.executable, "-m", "virtualenv", "--without-pip", "--activators"]
        variable = {"VIRTUALENV_LINK_BIN_SCRIPTS": "1"}

        run(*virtualenv, "bash", "without", env=variable)
        run(*virtualenv, "bash,link-bin-scripts", "with", env=variable)

        assert not (tmp_path / "without" / "Scripts").exists()
        assert (tmp_path / "with" / "Scripts").exists()


class TestComplete:
    """Nothing on the pages is without a test."""

    def test_blocks(self) -> None:
        """Each block of the README and of the recipes has a test."""
        tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
        named = set(re.findall(r"""(?:README|RECIPES)\[["'](.+?)["']\]""", tests))

        assert named == {*README, *RECIPES}

    def test_promises(self) -> None:
        """Each test that CONTRIBUTING names for a promise exists."""
        page = (ROOT / "CONTRIBUTING.rst").read_text(encoding="utf-8")
        named = re.findall(r"``(test_\w+)::(\w+)``", page)
        assert len(named) >= 6
        for module, name in named:
            (path,) = (ROOT / "tests").rglob(f"{module}.py")
            assert re.search(rf"^ *(def|class) {name}\b", path.read_text(encoding="utf-8"), re.MULTILINE)
