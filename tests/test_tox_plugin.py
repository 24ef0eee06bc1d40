"""The real tox with the plugin; tests/frontends run it with tox-uv."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import add_program, posix, run

pytest.importorskip("tox", reason="tox needs a newer virtualenv")
pytestmark = posix

INI = "[testenv]\nskip_install = true\n"
TABLE = "[tool.virtualenv-link-bin-scripts]\nbin-scripts = true\n"
ALIAS = Path(".tox", "py", "Scripts")


@pytest.fixture(autouse=True)
def _no_outer_tox(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tox that runs the tests out of them."""
    for name in list(os.environ):
        if name.startswith("TOX"):
            monkeypatch.delenv(name)


def tox(*arguments: str, ini: str = INI, **variables: str) -> str:
    """Run tox in the working directory, and return what it prints."""
    Path("tox.ini").write_text(ini, encoding="utf-8")
    return run(sys.executable, "-m", "tox", *arguments, env=variables)


def ask() -> None:
    """Ask for links in pyproject.toml."""
    Path("pyproject.toml").write_text(TABLE, encoding="utf-8")


class TestAsked:
    """Links that are asked for."""

    def test_new_environment(self) -> None:
        """A new environment has its links before its commands run."""
        ask()

        tox("run", "-e", "py", ini=f"{INI}commands = python -c \"import os; os.stat(r'{ALIAS}/python.exe')\"\n")

        assert ALIAS.is_symlink()

    def test_older_environment(self) -> None:
        """An environment created before links were asked for gets them before its commands run, and stays."""
        tox("run", "-e", "py")
        before = Path(".tox/py/pyvenv.cfg").stat()
        ask()

        tox("run", "-e", "py", ini=f"{INI}commands = python -c \"import os; os.stat(r'{ALIAS}/python.exe')\"\n")

        assert ALIAS.is_symlink()
        assert Path(".tox/py/pyvenv.cfg").stat().st_mtime_ns == before.st_mtime_ns

    def test_no_commands(self) -> None:
        """An environment that runs no commands gets them, too."""
        tox("run", "-e", "py")
        ask()

        tox("run", "--notest", "-e", "py")

        assert ALIAS.is_symlink()

    def test_elsewhere(self, tmp_path: Path) -> None:
        """The table beside tox.ini counts for environments that are elsewhere."""
        (tmp_path / "project").mkdir()
        (tmp_path / "project" / "tox.ini").write_text(INI, encoding="utf-8")
        (tmp_path / "project" / "pyproject.toml").write_text(TABLE, encoding="utf-8")

        run(sys.executable, "-m", "tox", "run", "-c", "project", "--workdir", tmp_path / "elsewhere", "-e", "py")

        assert (tmp_path / "elsewhere" / "py" / "Scripts").is_symlink()

    def test_set_env(self) -> None:
        """set_env comes before the shell's variable."""
        tox("run", "-e", "py", ini=f"{INI}set_env = VIRTUALENV_LINK_BIN_SCRIPTS = 1\n", VIRTUALENV_LINK_BIN_SCRIPTS="0")

        assert ALIAS.is_symlink()

    def test_shell(self) -> None:
        """The shell's variable comes before the table."""
        tox("run", "-e", "py")
        Path("pyproject.toml").write_text(TABLE.replace("true", "false"), encoding="utf-8")

        tox("run", "-e", "py", VIRTUALENV_LINK_BIN_SCRIPTS="1")

        assert ALIAS.is_symlink()

    def test_new_programs(self) -> None:
        """With ``exe``, programs that have been installed since the last run get their names."""
        tox("run", "-e", "py")
        add_program(Path(".tox/py"), "tool")

        tox("run", "-e", "py", VIRTUALENV_LINK_EXE="1")

        assert os.readlink(".tox/py/bin/tool.exe") == "tool"

    def test_programs_of_commands(self) -> None:
        """With ``exe``, programs that the commands install get their names, too."""
        code = "import os, shutil; shutil.copy(r'{env_bin_dir}/python', r'{env_bin_dir}/tool')"

        tox("run", "-e", "py", ini=f'{INI}commands = python -c "{code}"\n', VIRTUALENV_LINK_EXE="1")

        assert os.readlink(".tox/py/bin/tool.exe") == "tool"


class TestFailures:
    """If a link can't be made, tox goes on."""

    def test_file_in_the_way(self) -> None:
        """A file in the place of a link is one warning, and the commands run."""
        tox("run", "-e", "py")
        ALIAS.write_text("precious", encoding="utf-8")
        ask()

        output = tox("run", "-e", "py", ini=f"{INI}commands = python -c \"print('ran')\"\n")

        assert output.count("a file of that name exists") == 1
        assert "ran" in output.splitlines()

    def test_mistake(self) -> None:
        """A mistake in the table is one warning, though virtualenv's plugin meets it, too."""
        Path("pyproject.toml").write_text(f"{TABLE}all = true\n", encoding="utf-8")

        output = tox("run", "-e", "py", ini=f"{INI}commands = python -c \"print('ran')\"\n")

        assert output.count("all is unknown, expected bin-scripts, exe or site-packages") == 1
        assert "ran" in output.splitlines()

    def test_two_interpreters(self) -> None:
        """An environment whose layout is unknown gets a warning, and the commands run."""
        tox("run", "-e", "py")
        Path(".tox/py/Scripts").mkdir()
        Path(".tox/py/Scripts/python").touch()
        ask()

        output = tox("run", "-e", "py", ini=f"{INI}commands = python -c \"print('ran')\"\n")

        assert "both bin and Scripts have an interpreter" in output
        assert "ran" in output.splitlines()


class TestNotAsked:
    """Nothing happens unless it is asked for."""

    def test_nothing(self) -> None:
        """No links are made, and nothing is said."""
        output = tox("run", "-e", "py")

        assert not os.path.lexists(ALIAS)
        assert "virtualenv-link-bin-scripts" not in output

    def test_skipped_environment(self) -> None:
        """An environment that tox skips, for want of its interpreter, gets no warning."""
        ask()

        output = tox("run", "-e", "3.1,py", ini=f"[tox]\nskip_missing_interpreters = true\n{INI}")

        assert "3.1: SKIP" in output
        assert "virtualenv-link-bin-scripts" not in output

    def test_no_import(self) -> None:
        """At every start of tox, the plugin imports nothing but itself."""
        code = """
import sys, tox.run
before = set(sys.modules)
import virtualenv_link_bin_scripts.tox_plugin
print(*sorted(set(sys.modules) - before))
"""
        imported = subprocess.check_output([sys.executable, "-c", code], text=True).split()

        assert imported == ["virtualenv_link_bin_scripts", "virtualenv_link_bin_scripts.tox_plugin"]
