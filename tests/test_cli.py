"""The command on POSIX: what it prints, with which status, and what it changes."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

import pytest
from helpers import add_program, make_environment, posix, run, tree

from virtualenv_link_bin_scripts._cli import main

pytestmark = posix

ERROR = "virtualenv-link-bin-scripts: error:"
COMMAND = [sys.executable, "-m", "virtualenv_link_bin_scripts"]

Capture = pytest.CaptureFixture[str]


@pytest.mark.usefixtures("environment")
class TestLink:
    """Adding links."""

    def test_default(self, capsys: Capture) -> None:
        """Without options, the links of bin-scripts are added, a line each."""
        status = main([])

        assert status == 0
        assert capsys.readouterr().out == "linked .venv/Scripts -> bin\nlinked .venv/bin/python.exe -> python\n"

    def test_all(self, environment: Path, capsys: Capture) -> None:
        """With all options, each link has a line."""
        add_program(environment, "tool")

        main(["--link-exe", "--link-site-packages"])

        assert capsys.readouterr().out.splitlines() == [
            "linked .venv/Scripts -> bin",
            "linked .venv/bin/python.exe -> python",
            "linked .venv/bin/tool.exe -> tool",
            "linked .venv/Lib/site-packages -> ../lib/python3.13/site-packages",
        ]

    def test_again(self, capsys: Capture) -> None:
        """Links that exist already are counted in one line."""
        main([])
        capsys.readouterr()

        status = main([])

        assert status == 0
        assert capsys.readouterr().out == ".venv: 2 links in place\n"

    def test_some_are_there(self, capsys: Capture) -> None:
        """Only new links have a line each."""
        main(["--no-link-bin-scripts", "--link-site-packages"])
        capsys.readouterr()

        main(["--link-site-packages"])

        assert capsys.readouterr().out.splitlines() == [
            "linked .venv/Scripts -> bin",
            "linked .venv/bin/python.exe -> python",
            ".venv: 1 link in place",
        ]

    def test_replaced(self, environment: Path, capsys: Capture) -> None:
        """When a link is replaced, the line says where it pointed."""
        (environment / "Scripts").symlink_to("elsewhere")

        main([])

        line = "linked .venv/Scripts -> bin (in place of a link to elsewhere)"
        assert capsys.readouterr().out.splitlines()[0] == line

    def test_quiet(self, environment: Path, capsys: Capture) -> None:
        """--quiet says nothing of links, whether they are missing, new or in place."""
        main(["--quiet", "--check"])
        main(["--quiet"])
        main(["--quiet"])

        assert capsys.readouterr().out == ""
        assert (environment / "Scripts").is_symlink()

    def test_uninstalled(self, environment: Path, capsys: Capture) -> None:
        """The link of a program that has been uninstalled is removed."""
        add_program(environment, "tool")
        main(["--quiet", "--link-exe"])
        (environment / "bin" / "tool").unlink()

        main(["--link-exe"])

        assert "removed .venv/bin/tool.exe -> tool" in capsys.readouterr().out.splitlines()
        assert not os.path.lexists(environment / "bin" / "tool.exe")

    def test_elsewhere(self, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
        """An environment that is not below the working directory is named by its absolute path."""
        other = make_environment(tmp_path / "other")
        monkeypatch.chdir(tmp_path / ".venv")

        main([str(other)])

        assert capsys.readouterr().out.splitlines()[0] == f"linked {other}/Scripts -> bin"

    def test_one_of_several_is_missing(self, tmp_path: Path, capsys: Capture) -> None:
        """An environment that does not exist does not stop the others."""
        status = main(["gone", ".venv"])

        assert status == 1
        printed = capsys.readouterr()
        assert printed.err == f"{ERROR} {tmp_path}/gone does not exist\n"
        assert printed.out.splitlines()[0] == "linked .venv/Scripts -> bin"

    def test_ignore_missing(self, capsys: Capture) -> None:
        """With --ignore-missing, an environment that does not exist is skipped."""
        status = main(["--ignore-missing", "gone"])

        assert status == 0
        assert capsys.readouterr().err == ""

    def test_exit_zero(self, capsys: Capture) -> None:
        """With --exit-zero, an error is printed, but the status is 0."""
        status = main(["--exit-zero", "gone"])

        assert status == 0
        assert "gone does not exist" in capsys.readouterr().err

    def test_file_in_the_way(self, environment: Path, capsys: Capture) -> None:
        """A file in the place of a link stays and is reported, and the other links are made."""
        (environment / "Scripts").write_text("precious", encoding="utf-8")

        status = main([])

        assert status == 1
        printed = capsys.readouterr()
        assert printed.out == "linked .venv/bin/python.exe -> python\n"
        reason = "a file of that name exists; move or delete it and run this again"
        assert printed.err == f"{ERROR} could not link {environment}/Scripts: {reason}\n"
        assert (environment / "Scripts").read_text(encoding="utf-8") == "precious"

    def test_unknown_site_packages(self, environment: Path, capsys: Capture) -> None:
        """If the links of one option are unknown, those of the others are made."""
        (environment / "lib" / "pypy3.13" / "site-packages").mkdir(parents=True)

        status = main(["--link-site-packages"])

        assert status == 1
        printed = capsys.readouterr()
        assert printed.out == "linked .venv/Scripts -> bin\nlinked .venv/bin/python.exe -> python\n"
        reason = "found several site-packages; delete the unused ones: pypy3.13, python3.13"
        assert printed.err == f"{ERROR} {environment}/lib: {reason}\n"

    def test_linked_environment(self, environment: Path, tmp_path: Path, capsys: Capture) -> None:
        """A link to an environment is followed, too."""
        (tmp_path / "shared").symlink_to(".venv")

        status = main(["shared"])

        assert status == 0
        assert capsys.readouterr().out.splitlines()[0] == "linked shared/Scripts -> bin"
        assert (environment / "Scripts").is_symlink()

    def test_redirect(self, environment: Path, tmp_path: Path, capsys: Capture) -> None:
        """A file ``.venv`` that names an environment is followed."""
        (tmp_path / "project").mkdir()
        (tmp_path / "project" / ".venv").write_text("../.venv\n", encoding="utf-8")

        main(["project/.venv"])

        assert capsys.readouterr().out.splitlines()[0] == "linked .venv/Scripts -> bin"
        assert (environment / "Scripts").is_symlink()


@pytest.mark.usefixtures("environment")
class TestCheck:
    """Checking, which changes nothing."""

    def test_missing(self, environment: Path, capsys: Capture) -> None:
        """Each missing link has a line, the last line says what to do, the status is 1, and nothing changes."""
        before = tree(environment)

        status = main(["--check"])

        assert status == 1
        assert capsys.readouterr().out.splitlines() == [
            "missing .venv/Scripts -> bin",
            "missing .venv/bin/python.exe -> python",
            "run virtualenv-link-bin-scripts to add them",
        ]
        assert tree(environment) == before

    def test_command_line(self, capsys: Capture) -> None:
        """The last line repeats the options that were given."""
        main(["--check", "--link-site-packages", ".venv"])

        last = capsys.readouterr().out.splitlines()[-1]
        assert last == "run virtualenv-link-bin-scripts --link-site-packages .venv to add them"

    def test_command_line_with_blanks(self, tmp_path: Path, capsys: Capture) -> None:
        """The last line can be pasted into a shell, even if a path has a blank in it."""
        make_environment(tmp_path / "my venv")

        main(["--check", "my venv"])

        last = capsys.readouterr().out.splitlines()[-1]
        assert last == "run virtualenv-link-bin-scripts 'my venv' to add them"

    def test_in_place(self, capsys: Capture) -> None:
        """If no link is missing, one line counts them, and the status is 0."""
        main(["--quiet"])

        status = main(["--check"])

        assert status == 0
        assert capsys.readouterr().out == ".venv: 2 links in place\n"

    def test_stale(self, environment: Path, capsys: Capture) -> None:
        """A link whose program has been uninstalled is stale, and the status is 1."""
        main(["--quiet"])
        (environment / "bin" / "tool.exe").symlink_to("tool")

        status = main(["--check", "--link-exe"])

        assert status == 1
        assert capsys.readouterr().out.splitlines() == [
            "stale .venv/bin/tool.exe -> tool",
            ".venv: 2 links in place",
            "run virtualenv-link-bin-scripts --link-exe to remove them",
        ]

    def test_other_link(self, environment: Path, capsys: Capture) -> None:
        """A link that points elsewhere is missing, and the line says where it points."""
        (environment / "Scripts").symlink_to("elsewhere")

        main(["--check"])

        line = "missing .venv/Scripts -> bin (in place of a link to elsewhere)"
        assert capsys.readouterr().out.splitlines()[0] == line

    def test_file_in_the_way(self, environment: Path, capsys: Capture) -> None:
        """A file in the place of a link is reported as it is when links are added."""
        (environment / "Scripts").touch()

        status = main(["--check"])

        assert status == 1
        reason = "a file of that name exists; move or delete it and run this again"
        assert capsys.readouterr().err == f"{ERROR} could not link {environment}/Scripts: {reason}\n"


@pytest.mark.usefixtures("environment")
class TestRemove:
    """Removing links."""

    def test_all(self, environment: Path, capsys: Capture) -> None:
        """All links are removed, a line each, and the environment is as it was."""
        add_program(environment, "tool")
        before = tree(environment)
        main(["--quiet", "--link-exe", "--link-site-packages"])

        status = main(["--remove"])

        assert status == 0
        assert capsys.readouterr().out.splitlines() == [
            "removed .venv/Scripts -> bin",
            "removed .venv/bin/python.exe -> python",
            "removed .venv/bin/tool.exe -> tool",
            "removed .venv/Lib/site-packages -> ../lib/python3.13/site-packages",
        ]
        assert tree(environment) == before

    def test_nothing(self, capsys: Capture) -> None:
        """Without links, --remove prints nothing and succeeds."""
        status = main(["--remove"])

        assert status == 0
        assert capsys.readouterr() == ("", "")

    def test_named(self, environment: Path) -> None:
        """With --link-NAME, --remove removes only these links."""
        main(["--quiet", "--link-site-packages"])

        main(["--remove", "--link-site-packages"])

        assert not os.path.lexists(environment / "Lib")
        assert (environment / "Scripts").is_symlink()

    def test_refused(self, environment: Path) -> None:
        """With --no-link-NAME, --remove leaves these links."""
        main(["--quiet", "--link-site-packages"])

        main(["--remove", "--no-link-site-packages"])

        assert (environment / "Lib" / "site-packages").is_symlink()
        assert not os.path.lexists(environment / "Scripts")

    def test_other_link(self, environment: Path, capsys: Capture) -> None:
        """A link that points elsewhere is removed, too, and the line says where it pointed."""
        (environment / "Scripts").symlink_to("elsewhere")

        main(["--remove"])

        assert capsys.readouterr().out == "removed .venv/Scripts -> elsewhere\n"

    def test_script_that_runs_through_it(self, environment: Path, capsys: Capture) -> None:
        """A link that a script runs through is kept, the message says what to do, and the status is 1."""
        main(["--quiet"])
        (environment / "bin" / "tool").write_text(f"#!{environment}/Scripts/python\n", encoding="utf-8")

        status = main(["--remove"])

        assert status == 1
        printed = capsys.readouterr()
        assert printed.out == "removed .venv/bin/python.exe -> python\n"
        install = f"{environment}/bin/python -m pip install --force-reinstall or uv sync --reinstall"
        reason = f"tool runs through it; reinstall it with {install}, or pass --force, which breaks it"
        assert printed.err == f"{ERROR} kept {environment}/Scripts: {reason}\n"
        assert (environment / "Scripts").is_symlink()

    def test_scripts_that_run_through_it(self, environment: Path, capsys: Capture) -> None:
        """If several scripts run through a link, the message names them all."""
        main(["--quiet"])
        (environment / "bin" / "a").write_text(f"#!{environment}/Scripts/python\n", encoding="utf-8")
        (environment / "bin" / "b").write_text(f"#!{environment}/Scripts/python\n", encoding="utf-8")

        main(["--remove"])

        install = f"{environment}/bin/python -m pip install --force-reinstall or uv sync --reinstall"
        reason = f"a, b run through it; reinstall them with {install}, or pass --force, which breaks them"
        assert capsys.readouterr().err == f"{ERROR} kept {environment}/Scripts: {reason}\n"

    def test_force(self, environment: Path, capsys: Capture) -> None:
        """With --force, a link is removed even if scripts run through it."""
        main(["--quiet"])
        (environment / "bin" / "tool").write_text(f"#!{environment}/Scripts/python\n", encoding="utf-8")

        status = main(["--remove", "--force"])

        assert status == 0
        assert "removed .venv/Scripts -> bin" in capsys.readouterr().out

    def test_unreadable_script(self, ordinary_user: Path, capsys: Capture) -> None:
        """If a script can't be read, it may run through a link, so none is removed."""
        environment = make_environment(ordinary_user / "x")
        main(["--quiet", str(environment)])
        (environment / "bin" / "secret").touch(mode=0)

        status = main(["--remove", str(environment)])

        assert status == 1
        assert capsys.readouterr().err == f"{ERROR} {environment}/bin/secret: Permission denied\n"
        assert (environment / "Scripts").is_symlink()


class TestPermissions:
    """Directories that the user may not change, or enter."""

    def test_once(self, ordinary_user: Path, capsys: Capture) -> None:
        """A directory that may not be changed is reported once, and links elsewhere are made."""
        environment = make_environment(ordinary_user / "x")
        add_program(environment, "a")
        add_program(environment, "b")
        (environment / "bin").chmod(0o555)

        status = main(["--link-exe", str(environment)])

        assert status == 1
        printed = capsys.readouterr()
        assert printed.out == f"linked {environment}/Scripts -> bin\n"
        assert printed.err == f"{ERROR} could not change the links in {environment}/bin: Permission denied\n"

    def test_remove(self, ordinary_user: Path, capsys: Capture) -> None:
        """A link that may not be removed stays, and the reason is given."""
        environment = make_environment(ordinary_user / "x")
        main(["--quiet", str(environment)])
        environment.chmod(0o555)

        main(["--remove", str(environment)])

        assert capsys.readouterr().err == f"{ERROR} could not change the links in {environment}: Permission denied\n"
        assert (environment / "Scripts").is_symlink()

    def test_enter(self, ordinary_user: Path, capsys: Capture) -> None:
        """An environment that may not be entered is an error, even with --ignore-missing."""
        environment = make_environment(ordinary_user / "x")
        environment.chmod(0)

        status = main(["--ignore-missing", str(environment)])

        assert status == 1
        assert capsys.readouterr().err == f"{ERROR} {environment}/pyvenv.cfg: Permission denied\n"


class TestTable:
    """The table in pyproject.toml."""

    @pytest.mark.parametrize("place", ["elsewhere", "working-directory", "redirect"])
    def test_place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
        """The table counts above the environment, beside a file ``.venv`` that names it, and where the command runs."""
        environment = make_environment(tmp_path / "elsewhere" / "x")
        for name in ("working-directory", "redirect"):
            (tmp_path / name).mkdir()
        (tmp_path / "redirect" / ".venv").write_text("../elsewhere/x\n", encoding="utf-8")
        table = "[tool.virtualenv-link-bin-scripts]\nsite-packages = true\n"
        (tmp_path / place / "pyproject.toml").write_text(table, encoding="utf-8")
        monkeypatch.chdir(tmp_path / "working-directory")

        main(["../redirect/.venv"])

        assert (environment / "Lib" / "site-packages").is_symlink()

    def test_mistake(self, environment: Path, tmp_path: Path, capsys: Capture) -> None:
        """A mistake in the table is an error, and nothing is linked until it is fixed."""
        table = "[tool.virtualenv-link-bin-scripts]\nexe = 1\nsite-packages = true\n"
        (tmp_path / "pyproject.toml").write_text(table, encoding="utf-8")
        before = tree(environment)

        status = main([])

        assert status == 1
        reason = "[tool.virtualenv-link-bin-scripts]: exe is 1, expected true or false"
        assert capsys.readouterr().err == f"{ERROR} {tmp_path}/pyproject.toml: {reason}\n"
        assert tree(environment) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--force"], "--force requires --remove"),
        (["--check", "--remove"], "argument --remove: not allowed with argument --check"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate"),
    ],
)
def test_wrong_call(capsys: Capture, arguments: list[str], message: str) -> None:
    """A wrong call ends with status 2 and the usage."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
    printed = capsys.readouterr().err
    assert printed.startswith("usage: virtualenv-link-bin-scripts ")
    assert printed.endswith(f"\n{ERROR} {message}\n")


def test_no_environment(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an environment, the message says what to do."""
    monkeypatch.chdir("/")

    status = main([])

    assert status == 1
    reason = "no .venv in / or any directory above, and no environment is active; create one, or pass its path"
    assert capsys.readouterr().err == f"{ERROR} {reason}\n"


def test_empty_path(tmp_path: Path, capsys: Capture) -> None:
    """An empty path, as from an unset variable, is an error, and ``.venv`` is not linked instead."""
    make_environment(tmp_path / ".venv")

    status = main([""])

    assert status == 1
    assert capsys.readouterr().err == f"{ERROR} {tmp_path} is not a virtual environment (no pyvenv.cfg)\n"


def test_no_working_directory(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a directory that has been deleted, the message says so."""
    (tmp_path / "deleted").mkdir()
    monkeypatch.chdir(tmp_path / "deleted")
    (tmp_path / "deleted").rmdir()

    status = main([])

    assert status == 1
    assert capsys.readouterr().err == f"{ERROR} the working directory does not exist\n"


class TestVersion:
    """--version, for whoever asks why virtualenv doesn't know the options."""

    def test_own(self, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
        """--version says which virtualenv has the plugin."""
        monkeypatch.setenv("PATH", "")

        status = main(["--version"])

        assert status == 0
        own, virtualenv = capsys.readouterr().out.splitlines()
        assert own == f"virtualenv-link-bin-scripts {version('virtualenv-link-bin-scripts')}"
        assert virtualenv.startswith(f"virtualenv {version('virtualenv')} in ")
        assert virtualenv.endswith(" has the plugin")

    def test_other(self, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
        """--version reports another virtualenv on the PATH, even if uvx has put its own first."""
        (tmp_path / "virtualenv").write_text("#!/usr/bin/other-python\n", encoding="utf-8")
        (tmp_path / "virtualenv").chmod(0o755)
        monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{tmp_path}")
        monkeypatch.setenv("UV", "uv")

        main(["--version"])

        last = capsys.readouterr().out.splitlines()[-1]
        assert last == f"virtualenv on your PATH is another one: {tmp_path / 'virtualenv'}"

    def test_same(self, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
        """--version does not report the virtualenv beside it as another one, even if it runs through an alias."""
        monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
        monkeypatch.delenv("UV", raising=False)
        monkeypatch.setattr(sys, "executable", str(Path(sys.prefix) / "Scripts" / "python.exe"))

        main(["--version"])

        assert len(capsys.readouterr().out.splitlines()) == 2


class TestOutput:
    """Output that can't be shown, or read."""

    def test_strange_characters(self, tmp_path: Path) -> None:
        """A path that the terminal can't show is printed with escapes."""
        make_environment(tmp_path / "日本")

        output = run(*COMMAND, "日本", env={"PYTHONIOENCODING": "ascii"})

        assert output.splitlines()[0] == "linked \\u65e5\\u672c/Scripts -> bin"

    def test_closed_pipe(self, environment: Path) -> None:
        """If nobody reads the output any more, as with ``head``, the command ends with status 1 and no traceback."""
        reader, writer = os.pipe()
        os.close(reader)

        buffered = {**os.environ, "PYTHONUNBUFFERED": ""}  # as it is by default
        done = subprocess.run([*COMMAND, environment], stdout=writer, stderr=subprocess.PIPE, env=buffered, check=False)

        os.close(writer)
        assert (done.returncode, done.stderr) == (1, b"")

    def test_closed_output(self, environment: Path) -> None:
        """Without a standard output, the links are made."""
        run("sh", "-c", '"$@" >&-', "sh", *COMMAND, environment)

        assert (environment / "Scripts").is_symlink()


def test_real_environment(tmp_path: Path) -> None:
    """The interpreter of a real environment runs by all of its names, and --remove restores the environment."""
    environment = tmp_path / ".venv"
    venv.create(environment)
    before = tree(environment)

    run(*COMMAND, "--link-exe", "--link-site-packages")

    for name in ("bin/python.exe", "Scripts/python", "Scripts/python3", "Scripts/python.exe", "Scripts/python3.exe"):
        assert run(environment / name, "-c", "import sys; print(sys.prefix)") == f"{environment}\n"
    run(*COMMAND, "--remove")
    assert tree(environment) == before


def test_imports_little() -> None:
    """The command imports no module that would slow down its start."""
    code = """
import sys
before = set(sys.modules)
from virtualenv_link_bin_scripts import _cli
print(*(set(sys.modules) - before))
"""

    imported = run(sys.executable, "-c", code).split()

    assert "virtualenv_link_bin_scripts._cli" in imported
    assert {"difflib", "logging", "pathlib", "typing", "virtualenv"}.isdisjoint(imported)
