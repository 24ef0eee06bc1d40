"""The command, run as a user does."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from conftest import NATIVE, OTHER, posix, tree
from virtualenv.seed.wheels.embed import get_embed_wheel

from virtualenv_link_bin_scripts import _cli
from virtualenv_link_bin_scripts._filesystem import LINKS
from virtualenv_link_bin_scripts._link import Link

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., "Done"]

PROGRAM = "virtualenv-link-bin-scripts"
ALL = ["--link-python-exe", "--link-site-packages"]
COMMAND = [sys.executable, "-m", "virtualenv_link_bin_scripts"]


class Done(NamedTuple):
    """What a call of the command came to."""

    status: int
    lines: list[str]
    errors: list[str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command in a process of its own."""

    def run(*arguments: str | Path, cwd: Path = tmp_path, status: int = 0) -> Done:
        done = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            check=False,
        )
        assert done.returncode == status, done.stderr
        return Done(done.returncode, done.stdout.splitlines(), done.stderr.splitlines())

    return run


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return an environment that venv made."""
    environment = tmp_path / ".venv"
    venv.create(environment, symlinks=os.name != "nt")
    return environment


def bare(environment: Path, scripts: str = NATIVE) -> Path:
    """Make a minimal environment, and return its scripts directory."""
    (environment / scripts).mkdir(parents=True)
    (environment / scripts / "python").touch()
    (environment / "pyvenv.cfg").touch()
    return environment / scripts


def error(done: Done) -> str:
    """Return the one error of a call that did nothing."""
    assert done.lines == []
    (line,) = done.errors
    assert line.startswith(f"{PROGRAM}: error: ")
    return line[len(f"{PROGRAM}: error: ") :]


def native(path: str) -> str:
    """Return a path as this system writes it."""
    return path.replace("/", os.sep)


def linked(*, site_packages: str) -> list[str]:
    """Return what is said of all links, but for the verb."""
    lines = [f"{native(f'.venv/{OTHER}')} -> {NATIVE}"]
    if sys.platform != "win32":  # pragma: win32 no cover
        lines += [".venv/bin/python.exe -> python", f".venv/Lib/site-packages -> ../{site_packages}"]
    return lines


@pytest.fixture
def site_packages(environment: Path) -> str:
    """Return the path of the environment's site-packages, below it."""
    (path,) = [*environment.glob("[Ll]ib/site-packages"), *environment.glob("lib/*/site-packages")]
    return path.relative_to(environment).as_posix()


def linked_site_packages(environment: Path) -> str:
    """Return what the alias of the site-packages contains on POSIX."""
    (path,) = environment.glob("lib/*/site-packages")
    return f"../{path.relative_to(environment)}"


def install(python: Path, directory: Path) -> None:
    """Install pip, as it installs programs, by an interpreter of an environment, without a network."""
    wheel = get_embed_wheel("pip", f"{sys.version_info.major}.{sys.version_info.minor}")
    assert wheel
    path = shutil.copy(wheel.path, directory)
    options = ["--quiet", "--no-index", "--force-reinstall"]
    subprocess.run(
        [python, "-m", "pip", "install", *options, path],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.usefixtures("links")
class TestLink:
    """The command does to an environment what the plugin does to a new one."""

    def test_links_scripts_directory_by_default(self, run: Run, environment: Path) -> None:
        """Without arguments it gives .venv the other scripts directory."""
        assert run() == (0, [f"linked {native(f'.venv/{OTHER}')} -> {NATIVE}"], [])
        assert (environment / OTHER).samefile(environment / NATIVE)

    def test_links_all_that_is_asked_for(self, run: Run, environment: Path, site_packages: str) -> None:
        """It makes all requested links, and says so; the second time it says that they exist."""
        lines = linked(site_packages=site_packages)

        assert run(*ALL) == (0, [f"linked {line}" for line in lines], [])

        for python in {f"{OTHER}/python", "bin/python.exe", "Scripts/python.exe"}:
            code = "import sys, json; print(json.dumps(sys.prefix))"
            assert json.loads(subprocess.check_output([environment / python, "-c", code])) == str(environment)
        before = tree(environment)
        assert run(*ALL) == (0, [f"already linked {line}" for line in lines], [])
        assert tree(environment) == before

    def test_remove_brings_back_what_was_before(self, run: Run, environment: Path, site_packages: str) -> None:
        """--remove restores the environment, entry by entry."""
        before = tree(environment)
        run(*ALL)

        assert run("--remove") == (0, [f"removed {line}" for line in linked(site_packages=site_packages)], [])

        assert tree(environment) == before
        assert run("--remove") == (0, [], [])

    def test_quiet(self, run: Run, environment: Path) -> None:
        """-q leaves only errors."""
        assert run("-q") == (0, [], [])
        assert (environment / OTHER).samefile(environment / NATIVE)

    @posix
    def test_windows_layout(self, run: Run, tmp_path: Path) -> None:
        """Of an environment with Windows's layout one name is lacking, and no more is said or removed."""
        scripts = bare(tmp_path / ".venv", scripts="Scripts")
        (scripts / "python").rename(scripts / "python.exe")

        assert run(*ALL).lines == ["linked .venv/bin -> Scripts"]
        assert run("--remove").lines == ["removed .venv/bin -> Scripts"]

    @posix
    def test_keep_one(self, run: Run, environment: Path) -> None:
        """With --remove, a --no- option keeps a link."""
        run(*ALL)

        assert len(run("--remove", "--no-link-python-exe").lines) == 2

        assert os.readlink(environment / "bin" / "python.exe") == "python"

    @posix
    def test_remove_one(self, run: Run, environment: Path) -> None:
        """With --remove, options that name links remove only those."""
        run(*ALL)

        assert run("--remove", "--link-bin-scripts").lines == ["removed .venv/Scripts -> bin"]

        assert os.readlink(environment / "bin" / "python.exe") == "python"

    def test_refuses_scripts_directory(self, run: Run, environment: Path) -> None:
        """The scripts directory is not linked where it is refused."""
        assert run("--no-link-bin-scripts") == (0, [], [])
        assert not os.path.lexists(environment / OTHER)

    @pytest.mark.parametrize("where", ["working directory", "redirect"])
    def test_table_of_the_project(self, run: Run, environment: Path, tmp_path: Path, where: str) -> None:
        """An environment elsewhere gets what the project requests, in whose directory the command or the file is."""
        project = tmp_path / "project"
        project.mkdir()
        table = "[tool.virtualenv-link-bin-scripts]\nbin-scripts = true\npython-exe = true\n"
        (project / "pyproject.toml").write_text(table, encoding="utf-8")
        (project / ".venv").write_text(str(environment), encoding="utf-8")

        cwd, path = (project, environment) if where == "working directory" else (tmp_path, project / ".venv")
        assert run("--check", path, cwd=cwd, status=1).lines[0].startswith("missing ")
        run(path, cwd=cwd)

        assert run("--check", path, cwd=cwd)
        assert (environment / "bin" / "python.exe").exists()

    @posix
    def test_pyproject_decides_what_is_left_open(self, run: Run, environment: Path) -> None:
        """The project's table decides what the command line leaves open."""
        table = "[tool.virtualenv-link-bin-scripts]\nbin-scripts = false\npython-exe = true\nsite-packages = true\n"
        (environment.parent / "pyproject.toml").write_text(table, encoding="utf-8")

        assert run("--no-link-site-packages").lines == ["linked .venv/bin/python.exe -> python"]

    def test_several_environments(self, run: Run, environment: Path, tmp_path: Path) -> None:
        """Several environments are done, though one of them has an error."""
        other = tmp_path / "other"
        venv.create(other)

        done = run("gone", other, environment, status=1)

        assert done.errors == [f"{PROGRAM}: error: {tmp_path / 'gone'}: no such directory"]
        assert done.lines == [f"linked {name}{os.sep}{OTHER} -> {NATIVE}" for name in ("other", ".venv")]

    def test_path_is_relative_below_working_directory(self, run: Run, environment: Path) -> None:
        """A path is shown relative to the working directory if it is below that."""
        deep = environment.parent.joinpath(*"a" * 45)
        deep.mkdir(parents=True)
        assert run(environment, cwd=deep).lines == [f"linked {environment / OTHER} -> {NATIVE}"]

    def test_follows_redirect(self, run: Run, environment: Path) -> None:
        """A file .venv that names the environment is followed."""
        environment.rename(environment.with_name("env"))
        environment.write_text("env\n", encoding="utf-8")
        assert run().lines == [f"linked {native(f'env/{OTHER}')} -> {NATIVE}"]

    def test_tells_where_replaced_link_pointed(self, run: Run, environment: Path, tmp_path: Path) -> None:
        """A link that points elsewhere is replaced, and its destination is reported."""
        old = tmp_path / "old" / NATIVE
        old.mkdir(parents=True)
        LINKS.create(str(environment / OTHER), str(old), os.path.relpath(old, environment))

        former = str(old) if sys.platform == "win32" else "../old/bin"
        assert run().lines == [f"linked {native(f'.venv/{OTHER}')} -> {NATIVE} (replaced a link to {former})"]

        assert (environment / OTHER).samefile(environment / NATIVE)

    @posix
    @pytest.mark.parametrize("former", ["Scripts", "gone", "/gone"])
    def test_replaces_dangling_link(self, run: Run, environment: Path, former: str) -> None:
        """A link that points to nothing, or to itself, is replaced."""
        (environment / "Scripts").symlink_to(former)
        assert run().lines == [f"linked .venv/Scripts -> bin (replaced a link to {former})"]

    @posix
    def test_from_inside_alias(self, run: Run, environment: Path) -> None:
        """From inside the alias, its whole path is shown, and not a dot."""
        run(*ALL)
        inside = environment / "Lib" / "site-packages"

        lines = run("--link-site-packages", environment, cwd=inside).lines

        assert lines[0] == f"already linked {environment}/Scripts -> bin"


@pytest.mark.usefixtures("links")
def test_remove_names_programs(run: Run, environment: Path, tmp_path: Path) -> None:
    """--remove names the programs that start with the alias, which pip has installed through it, and keeps it."""
    run()
    install(environment / OTHER / "python", tmp_path)

    (line,) = run("--remove", status=1).errors

    assert line.startswith(f"{PROGRAM}: error: kept {environment / OTHER} - these scripts run through it: pip")
    assert (environment / OTHER).samefile(environment / NATIVE)
    assert len(run("--remove", "--force").lines) == 1
    assert not os.path.lexists(environment / OTHER)


@posix
class TestExe:
    """--link-exe gives every program its Windows name."""

    EXE = ("--no-link-bin-scripts", "--link-exe")

    @pytest.fixture
    def scripts(self, environment: Path) -> Path:
        """Return the scripts directory of an environment, with two programs more."""
        for name in ("pytest", "ruff"):
            (environment / "bin" / name).write_text("#!/bin/sh\necho $0\n", encoding="utf-8")
            (environment / "bin" / name).chmod(0o755)
        return environment / "bin"

    def names(self, scripts: Path) -> set[str]:
        """Return the names of the links to programs."""
        return {path.name for path in scripts.glob("*.exe")}

    def test_all(self, run: Run, scripts: Path) -> None:
        """Each program, the interpreter too, has it; again changes nothing; --remove restores the environment."""
        before = tree(scripts.parent)
        programs = {name for name in os.listdir(scripts) if os.access(scripts / name, os.X_OK)}

        lines = run(*self.EXE).lines

        assert self.names(scripts) == {f"{name}.exe" for name in programs}
        assert {"linked .venv/bin/pytest.exe -> pytest", "linked .venv/bin/python.exe -> python"} <= set(lines)
        assert subprocess.check_output([scripts / "pytest.exe"], text=True).endswith("pytest.exe\n")
        after = tree(scripts.parent)
        assert run("--check", *self.EXE).lines == [line.replace("linked", "already linked") for line in lines]
        run(*self.EXE)
        assert tree(scripts.parent) == after
        assert len(run("--remove").lines) == len(programs)
        assert tree(scripts.parent) == before

    def test_programs_come_and_go(self, run: Run, scripts: Path) -> None:
        """The next run adds what is missing, and removes links to programs that are gone, and nothing else."""
        run("-q", *self.EXE)
        (scripts / "ruff").rename(scripts / "ty")
        (scripts / "other.exe").symlink_to("gone")
        before = self.names(scripts)

        done = run("--check", *self.EXE, status=1)
        assert {"stale .venv/bin/ruff.exe -> ruff", "missing .venv/bin/ty.exe -> ty"} <= set(done.lines)
        done = run(*self.EXE)

        assert {"removed .venv/bin/ruff.exe -> ruff", "linked .venv/bin/ty.exe -> ty"} <= set(done.lines)
        assert self.names(scripts) == before - {"ruff.exe"} | {"ty.exe"}
        assert run("--check", *self.EXE)

    def test_place_is_taken(self, run: Run, scripts: Path) -> None:
        """A name that is taken is refused by itself, and a link that points elsewhere is replaced."""
        (scripts / "ruff.exe").write_text("precious", encoding="utf-8")
        (scripts / "pytest.exe").symlink_to("ruff")

        done = run(*self.EXE, status=1)

        (message,) = done.errors
        assert f"could not link {scripts / 'ruff.exe'} to {scripts / 'ruff'} - a file is in the way" in message
        assert "linked .venv/bin/pytest.exe -> pytest (replaced a link to ruff)" in done.lines
        assert (scripts / "ruff.exe").read_text(encoding="utf-8") == "precious"
        assert "python.exe" in self.names(scripts)

    def test_many(self, run: Run, scripts: Path) -> None:
        """Of many links the number is printed, unless each name is asked for."""
        for number in range(200):
            shutil.copy(scripts / "ruff", scripts / f"tool{number}")
        count = len([name for name in os.listdir(scripts) if os.access(scripts / name, os.X_OK)])

        assert run(*self.EXE).lines == [
            "linked .venv/bin/python.exe -> python",
            f"linked NAME.exe -> NAME for {count - 1} programs",
        ]
        assert run(*self.EXE, "-q").lines == []
        assert len(run(*self.EXE, "--verbose").lines) == count
        assert run("--remove").lines == [
            "removed .venv/bin/python.exe -> python",
            f"removed NAME.exe -> NAME for {count - 1} programs",
        ]

    def test_many_refused(self, run: Run, scripts: Path) -> None:
        """Of many refusals the first ones are printed, and the number of the others; and each link that is replaced."""
        for number in range(20):
            shutil.copy(scripts / "ruff", scripts / f"tool{number}")
            (scripts / f"tool{number}.exe").write_text("precious", encoding="utf-8")
            shutil.copy(scripts / "ruff", scripts / f"other{number}")
            (scripts / f"other{number}.exe").symlink_to(f"gone{number}")

        done = run(*self.EXE, status=1)

        assert len(done.errors) == 11
        assert done.errors[-1] == f"{PROGRAM}: error: and 10 more links of {scripts.parent}"
        for number in range(20):
            line = f"linked .venv/bin/other{number}.exe -> other{number} (replaced a link to gone{number})"
            assert line in done.lines

    def test_long_name(self, run: Run, scripts: Path) -> None:
        """A program whose name has no room for .exe is refused by itself, and in nobody's way."""
        (scripts / ("x" * 253)).touch(mode=0o755)
        (message,) = run(*self.EXE, status=1).errors
        assert message.endswith(f" - {os.strerror(errno.ENAMETOOLONG)}")
        assert {"python.exe", "ruff.exe"} <= self.names(scripts)
        assert run("--remove")
        assert self.names(scripts) == set()

    def test_hard_link(self, run: Run, scripts: Path) -> None:
        """A program that has both names without a link needs none, and --check agrees."""
        os.link(scripts / "ruff", scripts / "ruff.exe")
        assert "already linked .venv/bin/ruff.exe -> ruff" in run(*self.EXE).lines
        assert "already linked .venv/bin/ruff.exe -> ruff" in run("--check", *self.EXE).lines

    def test_killed_before_program_is_gone(self, run: Run, scripts: Path) -> None:
        """What a killed process left is cleared away, though its program is gone."""
        (scripts / "gone.exe.virtualenv-link-bin-scripts").symlink_to("gone")
        run(*self.EXE)
        assert not os.path.lexists(scripts / "gone.exe.virtualenv-link-bin-scripts")

    def test_interpreter_refused(self, run: Run, scripts: Path) -> None:
        """The interpreter is among the programs, unless its own option refuses it."""
        run(*self.EXE, "--no-link-python-exe")
        assert "python.exe" not in self.names(scripts)
        assert "python3.exe" in self.names(scripts)

    @pytest.mark.parametrize(
        ("options", "kept"),
        [
            (["--link-exe"], set()),
            (["--link-python-exe"], {"pytest.exe", "ruff.exe"}),
            (["--no-link-python-exe"], {"python.exe"}),
            (["--no-link-exe"], {"pytest.exe", "ruff.exe"}),
        ],
    )
    def test_remove_some(self, run: Run, scripts: Path, options: list[str], kept: set[str]) -> None:
        """--remove removes the links of the options that are named, or keeps those that are refused."""
        run("-q", *self.EXE)

        run("--remove", *options)

        assert self.names(scripts) & {"python.exe", "pytest.exe", "ruff.exe"} == kept

    def test_both_options(self, run: Run, scripts: Path) -> None:
        """The interpreter's link is made, and named, once."""
        lines = run("--link-python-exe", *self.EXE).lines
        assert len([line for line in lines if "python.exe" in line]) == 1
        assert "pytest.exe" in self.names(scripts)

    def test_scripts_run_through_it(self, run: Run, scripts: Path) -> None:
        """A link that scripts run through is kept by --remove."""
        run("-q", *self.EXE)
        (scripts / "tool").write_text(f"#!{scripts / 'python3.exe'}\n", encoding="utf-8")

        (message,) = run("--remove", status=1).errors

        assert f"kept {scripts / 'python3.exe'} - these scripts run through it: tool; " in message
        assert self.names(scripts) == {"python3.exe"}

    def test_not_readable(self, as_ordinary_user: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Where the programs can't be listed, that is the error, and the other links are made."""
        environment = bare(as_ordinary_user / ".venv").parent
        (environment / "bin").chmod(0o300)
        arguments = ["--link-exe", str(environment)]

        statuses = [_cli.main(["-q", *option, *arguments]) for option in ([], ["--check"], ["--remove"])]

        (environment / "bin").chmod(0o755)
        assert statuses == [1, 1, 1]
        assert set(capsys.readouterr().err.splitlines()) == {
            f"{PROGRAM}: error: {environment / 'bin'}: {os.strerror(errno.EACCES)}"
        }
        assert os.readlink(environment / "Scripts") == "bin"


@posix
class TestRemove:
    """--remove takes away the aliases that are links into the environment, and nothing else."""

    @pytest.mark.parametrize("alias", ["Scripts", "bin/python.exe", "Lib/site-packages"])
    @pytest.mark.parametrize("kind", ["file", "directory", "empty directory"])
    def test_leaves_what_is_no_link(self, run: Run, environment: Path, alias: str, kind: str) -> None:
        """Nothing else in an alias's place is touched."""
        place = environment / alias
        place.parent.mkdir(exist_ok=True)
        if kind == "file":
            place.touch()
        elif kind == "directory" and alias != "Scripts":
            place.mkdir()
            (place / "precious").touch()
        else:
            place.mkdir()
        before = tree(environment)

        assert run("--remove") == (0, [], [])

        assert tree(environment) == before

    @pytest.mark.parametrize("alias", ["Scripts", "bin/python.exe", "Lib/site-packages"])
    @pytest.mark.parametrize("destination", ["{environment}", "{environment}-2", "/gone/.venv/bin", "../gone"])
    def test_keeps_link_that_points_out(self, run: Run, environment: Path, alias: str, destination: str) -> None:
        """A link that points elsewhere is kept and reported, and removed by --force; what it points to stays."""
        place = environment / alias
        place.parent.mkdir(exist_ok=True)
        environment.with_name(".venv-2").mkdir()
        before = tree(environment)
        destination = destination.format(environment=environment) if alias == "Scripts" else str(environment.parent)
        place.symlink_to(destination)

        expected = f"kept {place} - it points to {destination}; pass --force to remove it anyway"
        assert error(run("--remove", status=1)) == expected
        assert os.readlink(place) == destination

        assert run("--remove", "--force").lines == [f"removed .venv/{alias} -> {destination}"]
        assert {**tree(environment), "Lib": None} == {**before, "Lib": None}
        assert environment.with_name(".venv-2").is_dir()

    def test_keeps_alias_that_programs_start_with(self, run: Run, environment: Path, tmp_path: Path) -> None:
        """An alias that programs start with is kept, the others go, and --force removes it as well."""
        run(*ALL)
        install(environment / "Scripts" / "python", tmp_path)

        assert run("--remove", status=1).lines == [
            "removed .venv/bin/python.exe -> python",
            f"removed .venv/Lib/site-packages -> {linked_site_packages(environment)}",
        ]
        assert subprocess.check_output([environment / "bin" / "pip", "--version"])

        assert run("--remove", "--force").lines == ["removed .venv/Scripts -> bin"]
        with pytest.raises(FileNotFoundError):
            subprocess.check_output([environment / "bin" / "pip", "--version"])

    def test_removes_alias_after_programs_are_reinstalled(self, run: Run, environment: Path, tmp_path: Path) -> None:
        """After what the message says is done, the alias goes, and the programs start."""
        run(*ALL)
        install(environment / "bin" / "python.exe", tmp_path)
        assert f"kept {environment / 'bin' / 'python.exe'} - " in run("--remove", status=1).errors[0]

        install(environment / "bin" / "python", tmp_path)

        assert run("--remove").lines == ["removed .venv/bin/python.exe -> python"]
        assert subprocess.check_output([environment / "bin" / "pip", "--version"])

    def test_scripts_cannot_be_searched(self, as_ordinary_user: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Where the scripts directory can't be searched for scripts, nothing is removed, unless forced."""
        environment = bare(as_ordinary_user / ".venv").parent
        assert _cli.main(["-q", str(environment)]) == 0
        (environment / "bin").chmod(0o300)

        statuses = [_cli.main(["-q", "--remove", *force, str(environment)]) for force in ([], ["--force"])]

        (environment / "bin").chmod(0o700)
        assert statuses == [1, 1]  # since the programs can't be listed
        expected = f"{PROGRAM}: error: {environment / 'bin'}: {os.strerror(errno.EACCES)}\n"
        assert capsys.readouterr().err == 2 * expected
        assert not os.path.lexists(environment / "Scripts")

    def test_script_cannot_be_read(self, as_ordinary_user: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Where a file can't be searched, which somebody else may run, nothing is removed, unless forced."""
        environment = bare(as_ordinary_user / ".venv").parent
        assert _cli.main(["-q", str(environment)]) == 0
        (environment / "bin" / "secret").touch(mode=0o000)

        statuses = [_cli.main(["-q", "--remove", *force, str(environment)]) for force in ([], ["--force"])]

        assert statuses == [1, 0]
        expected = f"{environment / 'bin' / 'secret'}: could not be searched - {os.strerror(errno.EACCES)}"
        assert capsys.readouterr().err == f"{PROGRAM}: error: {expected}\n"
        assert not os.path.lexists(environment / "Scripts")

    @pytest.mark.usefixtures("case_sensitive")
    def test_elsewhere_in_the_environment(self, run: Run, environment: Path) -> None:
        """A link to something else in the environment is taken away, as the one to an older Python's site-packages."""
        (environment / "Lib").mkdir()
        (environment / "Lib" / "site-packages").symlink_to("../lib/python3.1/site-packages")

        assert run("--remove").lines == ["removed .venv/Lib/site-packages -> ../lib/python3.1/site-packages"]

        assert not (environment / "Lib").exists()

    @pytest.mark.usefixtures("case_sensitive")
    def test_unknown_site_packages(self, run: Run, environment: Path) -> None:
        """It matters not whether the site-packages is known."""
        (environment / "Lib").mkdir()
        (environment / "Lib" / "site-packages").symlink_to("../lib/python3.1/site-packages")
        (environment / "lib").rename(environment / "gone")

        assert run("--remove").lines == ["removed .venv/Lib/site-packages -> ../lib/python3.1/site-packages"]

    @pytest.mark.usefixtures("case_sensitive")
    def test_directory_with_something_else(self, run: Run, environment: Path) -> None:
        """Lib stays if there is something else in it."""
        run(*ALL)
        (environment / "Lib" / "precious").touch()

        run("--remove")

        assert os.listdir(environment / "Lib") == ["precious"]

    @pytest.mark.usefixtures("case_sensitive")
    def test_lib_is_a_link(self, run: Run, environment: Path) -> None:
        """Lib stays if it is a link, and so does lib."""
        (environment / "Lib").symlink_to("lib")
        before = tree(environment)
        run(*ALL)
        assert tree(environment) != before

        run("--remove")

        assert tree(environment) == before

    @pytest.mark.usefixtures("case_sensitive")
    def test_lib_leads_out(self, run: Run, environment: Path, tmp_path: Path) -> None:
        """Nothing is removed outside the environment."""
        (tmp_path / "elsewhere").mkdir()
        (environment / "Lib").symlink_to("../elsewhere")
        (tmp_path / "elsewhere" / "site-packages").symlink_to(environment / "lib")

        for force in ([], ["--force"]):
            expected = f"{environment / 'Lib'} points out of the environment, to {tmp_path / 'elsewhere'}"
            kept = error(run("--remove", *force, status=1))
            assert kept == f"kept {environment / 'Lib' / 'site-packages'} - {expected}"

        assert (tmp_path / "elsewhere" / "site-packages").is_symlink()

    def test_system_refuses(self, as_ordinary_user: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """The system's refusal is an error."""
        environment = bare(as_ordinary_user / ".venv").parent
        assert _cli.main([str(environment)]) == 0
        environment.chmod(0o555)

        status = _cli.main(["--remove", str(environment)])

        environment.chmod(0o755)
        assert status == 1
        expected = f"{PROGRAM}: error: could not remove {environment / 'Scripts'} - {os.strerror(errno.EACCES)}\n"
        assert capsys.readouterr().err == expected


class TestCheck:
    """--check changes nothing, and says what is missing."""

    @pytest.mark.usefixtures("links")
    def test_in_place(self, run: Run, environment: Path, site_packages: str) -> None:
        """Where nothing is missing, all is well."""
        run(*ALL)
        before = tree(environment)

        lines = [f"already linked {line}" for line in linked(site_packages=site_packages)]
        assert run("--check", *ALL) == (0, lines, [])

        assert tree(environment) == before

    def test_missing(self, run: Run, environment: Path, site_packages: str) -> None:
        """What is asked for and missing is named, and the exit status is 1."""
        before = tree(environment)

        lines = [f"missing {line}" for line in linked(site_packages=site_packages)]
        assert run("--check", *ALL, status=1) == (1, lines, [])
        assert run("--check", "--quiet", status=1) == (1, [], [])

        assert tree(environment) == before

    def test_refused(self, run: Run, environment: Path) -> None:
        """What is not asked for is not missing."""
        before = tree(environment)
        assert run("--check", "--no-link-bin-scripts") == (0, [], [])
        assert tree(environment) == before

    @posix
    def test_wrong_link(self, run: Run, environment: Path) -> None:
        """A link that points elsewhere is no alias, and stays."""
        (environment / "Scripts").symlink_to("elsewhere")
        assert run("--check", status=1).lines == ["missing .venv/Scripts -> bin"]
        assert os.readlink(environment / "Scripts") == "elsewhere"

    def test_with_remove(self, run: Run) -> None:
        """--check and --remove exclude each other."""
        assert "not allowed with argument" in run("--check", "--remove", status=2).errors[-1]


@pytest.mark.usefixtures("links")
class TestWhichEnvironment:
    """Without an argument the command takes the environment that uv would take."""

    @pytest.fixture
    def other(self, tmp_path: Path) -> Path:
        """Return another environment, in another place."""
        other = tmp_path / "elsewhere" / "other"
        venv.create(other, symlinks=os.name != "nt")
        return other

    def run_by(self, python: Path, cwd: Path, variables: dict[str, str]) -> list[str]:
        """Run the command by an interpreter, with environment variables, and return what it says."""
        environ = {**os.environ, "PYTHONPATH": str(Path(_cli.__file__).parents[1]), **variables}
        return subprocess.check_output(
            [python, "-m", "virtualenv_link_bin_scripts"], cwd=cwd, env=environ, text=True, stdin=subprocess.DEVNULL
        ).splitlines()

    def test_active_from_inside(self, environment: Path, other: Path, tmp_path: Path) -> None:
        """It is the active one if the command runs in it, as under uv run."""
        lines = self.run_by(other / NATIVE / "python", tmp_path, {"VIRTUAL_ENV": str(other)})
        assert lines == [f"linked {native(f'elsewhere/other/{OTHER}')} -> {NATIVE}"]
        assert not os.path.lexists(environment / OTHER)

    def test_active_from_outside(self, environment: Path, other: Path, tmp_path: Path) -> None:
        """It is not the active one if the command runs elsewhere, as under uvx."""
        lines = self.run_by(environment / NATIVE / "python", tmp_path, {"VIRTUAL_ENV": str(other)})
        assert lines == [f"linked {native(f'.venv/{OTHER}')} -> {NATIVE}"]
        assert not os.path.lexists(other / OTHER)

    def test_active_if_nothing_else_is_found(self, other: Path, tmp_path: Path) -> None:
        """It is the active one, wherever the command runs, if there is no other, as for a user with another name."""
        lines = self.run_by(Path(sys.executable), tmp_path, {"VIRTUAL_ENV": str(other)})
        assert lines == [f"linked {native(f'elsewhere/other/{OTHER}')} -> {NATIVE}"]

    def test_overlay(self, other: Path, environment: Path, tmp_path: Path) -> None:
        """Of an overlay, in which ``uv run --with`` runs the command, it is the environment below."""
        with (environment / "pyvenv.cfg").open("a", encoding="utf-8") as file:
            file.write(f"extends-environment = {other}\n")
        lines = self.run_by(environment / NATIVE / "python", tmp_path, {"VIRTUAL_ENV": str(environment)})
        assert lines == [f"linked {native(f'elsewhere/other/{OTHER}')} -> {NATIVE}"]
        assert not os.path.lexists(environment / OTHER)

    @pytest.mark.parametrize(
        ("variables", "tried"),
        [
            ({"UV_PROJECT_ENVIRONMENT": "gone"}, "UV_PROJECT_ENVIRONMENT=gone is neither in {cwd} nor above"),
            ({"VIRTUAL_ENV": "/gone"}, ".venv is neither in {cwd} nor above, and VIRTUAL_ENV=/gone does not exist"),
        ],
    )
    def test_tried(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run, variables: dict[str, str], tried: str
    ) -> None:
        """The error names all that was tried."""
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        assert error(run(status=1)) == f"no environment found: {tried.format(cwd=tmp_path)}"

    @pytest.mark.parametrize("absolute", [True, False])
    def test_uv_project_environment(self, environment: Path, other: Path, absolute: bool) -> None:
        """It is what UV_PROJECT_ENVIRONMENT names, in the working directory or above."""
        deep = other.with_name("deep")
        deep.mkdir()
        value = str(other) if absolute else "other"
        lines = self.run_by(environment / NATIVE / "python", deep, {"UV_PROJECT_ENVIRONMENT": value})
        assert lines == [f"linked {other / OTHER} -> {NATIVE}"]

    def test_above(self, run: Run, environment: Path) -> None:
        """It is the nearest .venv above, which is shown by its whole path."""
        deep = environment.parent / "deep" / "er"
        deep.mkdir(parents=True)
        assert run(cwd=deep).lines == [f"linked {environment / OTHER} -> {NATIVE}"]

    def test_none(self, run: Run, tmp_path: Path) -> None:
        """If there is none, the error names all that was tried, and --ignore-missing makes it no error."""
        (tmp_path / "deep").mkdir()
        expected = (
            f"no environment found: .venv is neither in {tmp_path / 'deep'} nor above, and VIRTUAL_ENV is not set"
        )
        assert error(run(cwd=tmp_path / "deep", status=1)) == expected
        assert run("--ignore-missing", cwd=tmp_path / "deep") == (0, [], [])

    def test_ignore_missing(self, run: Run, environment: Path) -> None:
        """--ignore-missing makes that no error, and changes nothing else."""
        assert run("--ignore-missing", "gone") == (0, [], [])
        assert len(run("--ignore-missing", "gone", environment).lines) == 1

    @posix
    def test_no_working_directory(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Where there is no working directory, that is the error."""
        (tmp_path / "gone").mkdir()
        monkeypatch.chdir(tmp_path / "gone")
        (tmp_path / "gone").rmdir()

        for arguments in ([], [".venv"]):
            assert _cli.main(arguments) == 1
            expected = f"{PROGRAM}: error: there is no working directory - {os.strerror(errno.ENOENT)}\n"
            assert capsys.readouterr().err == expected


class TestErrors:
    """Each error names the path and the reason, and leaves the environment as it is."""

    def test_no_directory(self, run: Run, tmp_path: Path) -> None:
        """The environment has to be there."""
        assert error(run("gone", status=1)) == f"{tmp_path / 'gone'}: no such directory"

    def test_no_environment(self, run: Run, tmp_path: Path) -> None:
        """It has to be an environment."""
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "python").touch()

        assert error(run(".", status=1)) == f"{tmp_path}: not an environment: it has no pyvenv.cfg"

        assert os.listdir(tmp_path) == ["bin"]

    @posix
    def test_directory_of_a_package(self, run: Run, environment: Path) -> None:
        """Where a package installed a directory in an alias's place, as ahk-binary does, that link alone is refused."""
        (environment / "Scripts").mkdir()
        (environment / "Scripts" / "AutoHotkey.exe").touch()
        before = tree(environment)

        done = run(*ALL, status=1)

        expected = "a non-empty directory is in the way, and was left alone; if it is a copy of bin, delete it"
        assert done.errors[0].endswith(f" - {expected}")
        assert [line.split()[1] for line in done.lines] == [".venv/bin/python.exe", ".venv/Lib/site-packages"]
        assert run("--check", *ALL, status=1).lines[0] == "missing .venv/Scripts -> bin"
        assert len(run("--remove").lines) == 2
        assert tree(environment) == before

    def test_no_interpreter(self, run: Run, environment: Path) -> None:
        """There has to be an interpreter."""
        (environment / NATIVE).rename(environment / "other")
        before = tree(environment)

        assert error(run(status=1)) == f"{environment}: there is no interpreter in bin or Scripts"

        assert tree(environment) == before

    @posix
    def test_two_site_packages(self, run: Run, environment: Path) -> None:
        """Only one site-packages can be meant; the other links are made."""
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        for name in (f"python{version}", f"pypy{version}"):
            (environment / "lib" / name / "site-packages").mkdir(parents=True, exist_ok=True)
        shutil.copy(environment / "bin" / "python", environment / "bin" / "copy")
        (environment / "bin" / "copy").replace(environment / "bin" / "python")  # which has no other name
        config = (environment / "pyvenv.cfg").read_text(encoding="utf-8").replace("executable", "ignored")
        (environment / "pyvenv.cfg").write_text(config, encoding="utf-8")
        before = tree(environment)

        done = run("--link-site-packages", "--no-link-bin-scripts", status=1)

        names = f"pypy{version}, python{version}"
        expected = f"{environment / 'lib'}: found several site-packages, unclear which one is used: {names}"
        assert error(done) == expected
        assert tree(environment) == before
        assert run("--link-site-packages", status=1).lines == ["linked .venv/Scripts -> bin"]

    def test_place_is_taken(self, run: Run, environment: Path) -> None:
        """The alias's place has to be free."""
        (environment / OTHER).write_text("precious", encoding="utf-8")
        before = tree(environment)

        alias, target = environment / OTHER, environment / NATIVE
        copy = f"if it is a copy of {NATIVE}, delete it"
        expected = f"could not link {alias} to {target} - a file is in the way, and was left alone; {copy}"
        assert error(run(status=1)) == expected

        assert tree(environment) == before

    def test_system_refuses(self, as_ordinary_user: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """The system's refusal is an error."""
        environment = bare(as_ordinary_user / ".venv").parent
        environment.chmod(0o555)

        status = _cli.main([str(environment)])

        environment.chmod(0o755)
        assert status == 1
        alias, target = environment / "Scripts", environment / "bin"
        expected = f"{PROGRAM}: error: could not link {alias} to {target} - {os.strerror(errno.EACCES)}\n"
        assert capsys.readouterr() == ("", expected)

    @pytest.mark.usefixtures("no_links")
    def test_no_links(self, run: Run, environment: Path) -> None:  # pragma: win32 cover
        """A file system without links is an error, and the environment is as it was."""
        before = tree(environment)

        expected = f"could not link {environment / OTHER} to {environment / NATIVE} - "
        assert error(run(status=1)).startswith(expected)

        assert tree(environment) == before

    def test_wrong_configuration(self, run: Run, environment: Path) -> None:
        """A mistake in pyproject.toml is an error, and then nothing is done."""
        file = environment.parent / "pyproject.toml"
        file.write_text("[tool.virtualenv-link-bin-scripts]\npython-exe = 'yes'\nfoo = 1\n", encoding="utf-8")
        before = tree(environment)

        done = run(status=1)

        table = f"{PROGRAM}: error: {file}: tool.virtualenv-link-bin-scripts"
        assert done.lines == []
        assert [line.split(",")[0] for line in done.errors] == [
            f"{table}.python-exe is 'yes'",
            f"{table}.foo is unknown",
        ]
        assert tree(environment) == before

    @posix
    def test_copied_environment(self, run: Run, environment: Path, tmp_path: Path) -> None:
        """Of an environment that was copied by a tool that follows links, the message names the way out."""
        run(*ALL)
        copy = tmp_path / "copy"
        shutil.copytree(environment, copy)
        before = tree(copy)

        for arguments in ([], ["--remove"]):
            expected = "both bin and Scripts have an interpreter; if one is a copy of the other, delete the copy"
            assert error(run(*arguments, copy, status=1)) == f"{copy}: {expected}"
        assert tree(copy) == before

        shutil.rmtree(copy / "Scripts")
        assert run(copy).lines == ["linked copy/Scripts -> bin"]

    def test_force_alone(self, run: Run) -> None:
        """--force without --remove is a wrong call."""
        assert run("--force", status=2).errors[-1] == f"{PROGRAM}: error: --force requires --remove"

    @pytest.mark.parametrize(
        ("content", "reason"),
        [(b"a\0b\n", "its first line is not a path"), (b"x" * 100_000, "its first line is not a path")],
    )
    def test_redirect_that_is_no_path(self, run: Run, tmp_path: Path, content: bytes, reason: str) -> None:
        """A file .venv that holds something else is an error, and little of it is read."""
        (tmp_path / ".venv").write_bytes(content)
        assert error(run(status=1)) == f"{tmp_path / '.venv'}: {reason}"

    def test_empty_path(self, run: Run, environment: Path) -> None:
        """An empty path, as of an unset variable, is an error, and does not mean the working directory."""
        assert error(run("", cwd=environment, status=1)) == "the path of an environment is empty"

    def test_permissions(self, as_ordinary_user: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """--ignore-missing does not pass over an environment that can't be looked at, and all says why."""
        closed = as_ordinary_user / "closed"
        environment = bare(closed / ".venv").parent
        closed.chmod(0o000)

        statuses = [_cli.main([*option, str(environment)]) for option in ([], ["--remove"], ["--ignore-missing"])]

        closed.chmod(0o755)
        assert statuses == [1, 1, 1]
        assert set(capsys.readouterr().err.splitlines()) == {
            f"{PROGRAM}: error: {environment / 'pyvenv.cfg'}: {os.strerror(errno.EACCES)}"
        }

    def test_place_cannot_be_looked_at(self, as_ordinary_user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """An environment that can't be looked at is an error, and none is sought further up."""
        bare(as_ordinary_user / ".venv")
        closed = as_ordinary_user / "closed"
        closed.mkdir()
        monkeypatch.chdir(closed)
        closed.chmod(0o000)

        assert _cli.main([]) == 1

        closed.chmod(0o755)
        assert not os.path.lexists(as_ordinary_user / ".venv" / "Scripts")

    def test_environment_not_readable(self, as_ordinary_user: Path) -> None:
        """An environment that can't be listed, but entered, is completed, and restored where the system allows it."""
        environment = bare(as_ordinary_user / ".venv").parent
        environment.chmod(0o300)

        statuses = [_cli.main(["-q", *option, str(environment)]) for option in ([], ["--check"], ["--remove"])]

        environment.chmod(0o755)
        kept = not hasattr(os, "O_PATH")  # so a directory can't be opened without permission to list it
        assert statuses == [0, 0, kept]
        assert os.path.lexists(environment / "Scripts") == kept

    def test_interrupted(self, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ctrl-C ends the command with the status that shells know, and no traceback."""

        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Link, "make", interrupt)
        assert _cli.main([str(environment)]) == 130

    def test_exit_zero(self, run: Run, environment: Path) -> None:
        """With --exit-zero the status is 0 whatever is wrong, except the call; the error is printed."""
        (environment / OTHER).touch()
        assert len(run("--exit-zero").errors) == 1
        assert len(run("--exit-zero", "gone").errors) == 1
        assert run("--exit-zero", "--check").lines == [f"missing {native(f'.venv/{OTHER}')} -> {NATIVE}"]
        run("--exit-zero", "--frobnicate", status=2)

    def test_wrong_call(self, run: Run) -> None:
        """A wrong call ends in exit status 2, and shows how to call it."""
        done = run("--frobnicate", status=2)
        assert done.errors[0].startswith(f"usage: {PROGRAM} ")
        assert done.errors[-1] == f"{PROGRAM}: error: unrecognized arguments: --frobnicate"

    @posix
    def test_no_working_directory(
        self, environment: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A path is shown whole where there is no working directory."""
        gone = environment.parent / "gone"
        gone.mkdir()
        monkeypatch.chdir(gone)
        gone.rmdir()

        assert _cli.main([str(environment)]) == 0

        assert capsys.readouterr().out == f"linked {environment}/Scripts -> bin\n"

    @posix
    def test_strange_characters(self, environment: Path, tmp_path: Path) -> None:
        """A path that the terminal can't show is shown with escapes."""
        environment = environment.rename(tmp_path / "日本")
        done = subprocess.run(
            [*COMMAND, environment],
            cwd=tmp_path,
            capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            check=True,
        )
        assert done.stdout == b"linked \\u65e5\\u672c/Scripts -> bin\n"


@pytest.mark.usefixtures("links")
class TestLostOutput:
    """Output that goes nowhere does not stop the work, and the exit status says so."""

    @pytest.fixture
    def environments(self, tmp_path: Path) -> list[Path]:
        """Return more environments than a buffer has room for."""
        return [bare(tmp_path / f"{'x' * 100}{number}").parent for number in range(100)]

    def spoiled(self, stdout: int, *arguments: str | Path, unbuffered: str) -> int:
        """Run the command with some standard output, and return its status."""
        environ = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
        done = subprocess.run([*COMMAND, *arguments], stdout=stdout, stderr=subprocess.PIPE, env=environ, check=False)
        assert done.stderr == b""
        return done.returncode

    @pytest.mark.parametrize("unbuffered", ["", "1"])
    def test_nobody_reads(self, environments: list[Path], unbuffered: str) -> None:
        """Nobody reads any more, as behind ``head -1``."""
        reader, writer = os.pipe()
        os.close(reader)
        try:
            assert self.spoiled(writer, *environments, unbuffered=unbuffered) == 1
            assert self.spoiled(writer, "--quiet", *environments, unbuffered=unbuffered) == 0
            assert self.spoiled(writer, "--version", unbuffered=unbuffered) == 1
        finally:
            os.close(writer)
        assert all((environment / OTHER).exists() for environment in environments)

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no such device")
    @pytest.mark.parametrize("unbuffered", ["", "1"])
    def test_disk_is_full(self, environments: list[Path], unbuffered: str) -> None:  # pragma: linux cover
        """The disk is full."""
        with open("/dev/full", "wb") as full:
            assert self.spoiled(full.fileno(), *environments, unbuffered=unbuffered) == 1
        assert all((environment / OTHER).exists() for environment in environments)

    def test_help_is_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What argparse fails to print, which it only does in Python 3.9, is lost output like other."""

        def fail(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr("argparse.ArgumentParser.parse_args", fail)
        assert _cli.main([]) == 1

    @posix
    def test_closed(self, environments: list[Path]) -> None:
        """The shell has closed it, and standard error as well."""
        command = [*COMMAND, environments[0]]
        for redirect, status in ((">&-", 1), (">&- 2>&-", 1), ("--quiet >&-", 0), ("2>&-", 0)):
            shell = ["sh", "-c", f'"$@" {redirect}', "sh", *map(str, command)]
            assert subprocess.run(shell, check=False).returncode == status
        assert (environments[0] / OTHER).exists()


class TestVersion:
    """--version answers why virtualenv does not know the options."""

    def test_beside_virtualenv(self, run: Run) -> None:
        """It prints its own version, and that the virtualenv in the same place sees the plugin."""
        own, virtualenv = run("--version").lines
        assert own == f"{PROGRAM} {version(PROGRAM)}"
        assert virtualenv.startswith(f"virtualenv {version('virtualenv')} in ")
        assert virtualenv.endswith(" sees the plugin")

    def test_without_virtualenv(self, tmp_path: Path) -> None:
        """It says that virtualenv is not installed in the same place."""
        output = self.versions(tmp_path)
        assert output == [f"{PROGRAM}, which is not installed", "virtualenv is not installed here"]

    def test_not_seen(self, tmp_path: Path) -> None:
        """It says that the virtualenv in the same place does not see the plugin."""
        metadata = tmp_path / "virtualenv-21.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: virtualenv\nVersion: 21.0\n", encoding="utf-8")
        assert self.versions(tmp_path)[1] == f"virtualenv 21.0 in {tmp_path} does not see the plugin"

    def versions(self, directory: Path) -> list[str]:
        """Return what a copy of the package says that is not installed, in a directory that is all there is."""
        code = """
import contextlib, io, sys
from virtualenv_link_bin_scripts._cli import main
for path in sys.path, sys.argv[1:]:  # first to import all that it takes
    sys.path = path
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())) as output:
        main(["--version"])
output.seek(0)
print(output.read())
"""
        return subprocess.check_output([sys.executable, "-c", code, directory], text=True).splitlines()[:2]


def test_help(run: Run) -> None:
    """The help names the options."""
    text = " ".join(run("--help").lines)
    for option in ("--version", "--quiet", "--remove", "--link-bin-scripts", "--no-link-site-packages", "ENV"):
        assert option in text


def test_no_import() -> None:
    """The command imports nothing that would slow it down, virtualenv least of all."""
    code = """
import sys, argparse
import __future__
before = set(sys.modules)
import virtualenv_link_bin_scripts._cli
print(*(set(sys.modules) - before))
"""
    added = subprocess.check_output([sys.executable, "-I", "-c", code], text=True).split()
    assert "virtualenv_link_bin_scripts._cli" in added
    assert {name for name in added if name.split(".")[0] != "virtualenv_link_bin_scripts"} <= {"errno"}
