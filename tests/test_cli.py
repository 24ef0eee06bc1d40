"""The command: what it prints, with which status, and what it changes."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import venv
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER, make_environment, posix, prefix, run, tree
from virtualenv.seed.wheels.embed import get_embed_wheel

from virtualenv_link_bin_scripts import _cli, _scripts  # noqa: F401 - an ordinary user may not find these any more
from virtualenv_link_bin_scripts._link import Link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Call = Callable[..., list[str]]

PROGRAM = "virtualenv-link-bin-scripts"
COMMAND = (sys.executable, "-m", "virtualenv_link_bin_scripts")
ALL = "--link-python-exe --link-site-packages"

#: What is said of the links, but for the verb.
SCRIPTS = os.path.join(".venv", f"{OTHER} -> {NATIVE}")
PYTHON = [".venv/bin/python.exe -> python"] * (os.name != "nt")
SITE_PACKAGES = [".venv/Lib/site-packages -> ../lib/python3.13/site-packages"] * (os.name != "nt")
LINKS_OF_ALL = [SCRIPTS, *PYTHON, *SITE_PACKAGES]


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return a minimal environment with the name .venv in the working directory."""
    return make_environment(tmp_path / ".venv", python="python.exe" if os.name == "nt" else "python")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Return a function that calls the command, and returns what it prints: results, then errors."""

    def call(arguments: str = "", *more: str | Path, status: int = 0) -> list[str]:
        assert _cli.main([*arguments.split(), *map(str, more)]) == status
        output, errors = capsys.readouterr()
        assert all(line.startswith(f"{PROGRAM}: error: ") for line in errors.splitlines())
        return [*output.splitlines(), *(line[len(PROGRAM) + 2 :] for line in errors.splitlines())]

    return call


def say(verb: str, *links: str) -> list[str]:
    """Return what is said of links."""
    return [f"{verb} {link}" for link in links]


def existing() -> set[str]:
    """Return what is said of the aliases that exist in .venv."""
    return {line for line in LINKS_OF_ALL if os.path.lexists(line.partition(" -> ")[0])}


@pytest.mark.usefixtures("environment", "links")
@pytest.mark.parametrize(
    ("before", "arguments", "status", "output"),
    [
        (None, "", 0, say("linked", SCRIPTS)),
        (None, ALL, 0, say("linked", *LINKS_OF_ALL)),
        ("", ALL, 0, [*say("already linked", SCRIPTS), *say("linked", *PYTHON, *SITE_PACKAGES)]),
        (ALL, ALL, 0, say("already linked", *LINKS_OF_ALL)),
        (None, "--no-link-bin-scripts", 0, []),
        (None, f"--check {ALL}", 1, say("missing", *LINKS_OF_ALL)),
        (None, "--check --quiet", 1, []),
        (None, "--check --no-link-bin-scripts", 0, []),
        (ALL, f"--check {ALL}", 0, say("already linked", *LINKS_OF_ALL)),
        (None, "--remove", 0, []),
        (ALL, "--remove", 0, say("removed", *LINKS_OF_ALL)),
        (ALL, "--remove --link-bin-scripts", 0, say("removed", SCRIPTS)),
        (ALL, "--remove --no-link-python-exe", 0, say("removed", SCRIPTS, *SITE_PACKAGES)),
        (None, "gone .venv", 1, [*say("linked", SCRIPTS), "error: {gone}: no such directory"]),
        (None, "--ignore-missing gone .venv", 0, say("linked", SCRIPTS)),
        (None, "--exit-zero gone", 0, ["error: {gone}: no such directory"]),
        (None, "--exit-zero --check", 0, say("missing", SCRIPTS)),
    ],
)
def test_prints(call: Call, before: str | None, arguments: str, status: int, output: list[str]) -> None:
    """Each result is a line that is true, and the status is 1 if something is missing or wrong."""
    if before is not None:
        assert call(f"--quiet {before}") == []
    existed = existing()

    assert call(arguments, status=status) == [line.format(gone=os.path.abspath("gone")) for line in output]

    done = [line.split(" ", 1) for line in output]
    linked, removed = ({link for verb, link in done if verb == which} for which in ("linked", "removed"))
    assert existing() == (existed | linked) - removed


@pytest.mark.usefixtures("links")
def test_whole_life(tmp_path: Path) -> None:
    """Of a real environment all interpreters work, asking again changes nothing, and --remove restores it."""
    environment = tmp_path / ".venv"
    venv.create(environment, symlinks=os.name != "nt")
    before = tree(environment)
    run(*COMMAND, "--check", *ALL.split(), status=1)
    assert tree(environment) == before
    run(*COMMAND, *ALL.split())
    for python in {f"{OTHER}/python", "bin/python.exe", "Scripts/python.exe"}:
        assert prefix(environment / python) == str(environment)
    after = tree(environment)
    run(*COMMAND, *ALL.split())
    run(*COMMAND, "--check", *ALL.split())
    assert tree(environment) == after

    run(*COMMAND, "--remove")

    assert tree(environment) == before


def install(python: Path) -> None:
    """Install pip, as it installs programs, by an interpreter of an environment, without a network."""
    wheel = get_embed_wheel("pip", f"{sys.version_info.major}.{sys.version_info.minor}")
    assert wheel
    command = ["-m", "pip", "install", "--quiet", "--no-index", "--force-reinstall", str(wheel.path)]
    run(python, *command, env={**os.environ, "PYTHONPATH": str(wheel.path)})


@pytest.mark.usefixtures("links")
def test_programs_that_run_through_alias(call: Call, tmp_path: Path) -> None:
    """--remove keeps an alias that programs run through, and names them, until they are reinstalled as it says."""
    environment = tmp_path / ".venv"
    venv.create(environment, symlinks=os.name != "nt")
    call(f"-q {ALL}")
    install(environment / OTHER / "python")

    *_, message = call("--remove", status=1)

    assert message.startswith(f"error: kept {environment / OTHER} - these scripts run through it: pip")
    assert existing() == {SCRIPTS}
    run(environment / NATIVE / "pip", "--version")

    install(environment / NATIVE / "python")

    assert call("--remove") == say("removed", SCRIPTS)
    run(environment / NATIVE / "pip", "--version")


@pytest.mark.usefixtures("links")
@pytest.mark.parametrize("what", ["file", "non-empty directory"])
def test_something_in_the_way(call: Call, environment: Path, what: str) -> None:
    """What is in an alias's place, as ahk-binary puts it there, stays; the other links are made, and removed."""
    place = environment / OTHER / "AutoHotkey.exe" if what == "non-empty directory" else environment / OTHER
    place.parent.mkdir(exist_ok=True)
    place.write_text("precious", encoding="utf-8")
    before = tree(environment)
    way_out = f"a {what} is in the way, and was left alone; if it is a copy of {NATIVE}, delete it"
    error = f"error: could not link {environment / OTHER} to {environment / NATIVE} - {way_out}"

    assert call(ALL, status=1) == [*say("linked", *PYTHON, *SITE_PACKAGES), error]
    assert call("--exit-zero") == [error]
    checked = [*say("missing", SCRIPTS), *say("already linked", *PYTHON, *SITE_PACKAGES)]
    assert call(f"--check {ALL}", status=1) == checked
    assert call("--remove") == say("removed", *PYTHON, *SITE_PACKAGES)

    assert tree(environment) == before


def test_empty_directory(call: Call, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty directory is no link: the alias is missing, named whole even from inside, and --remove leaves it."""
    (environment / OTHER).mkdir()
    monkeypatch.chdir(environment / OTHER)
    assert call("--check", environment, status=1) == [f"missing {environment / OTHER} -> {NATIVE}"]
    assert call("--remove", environment) == []
    assert (environment / OTHER).is_dir()


@posix
@pytest.mark.parametrize("destination", ["{}", "{}-2", "/gone/.venv/bin", "../gone", "gone", "Scripts"])
def test_link_that_points_elsewhere(call: Call, environment: Path, destination: str) -> None:
    """A link that points elsewhere, or nowhere, is no alias: kept by --remove unless forced, otherwise replaced."""
    make_environment(environment.with_name(".venv-2"))
    destination, place = destination.format(environment), environment / "Scripts"
    place.symlink_to(destination)
    assert call("--check", status=1) == say("missing", SCRIPTS)
    reason = f"it points to {destination}; pass --force to remove it anyway"
    assert call("--remove", status=1) == [f"error: kept {place} - {reason}"]
    assert os.readlink(place) == destination
    assert call("--remove --force") == [f"removed .venv/Scripts -> {destination}"]
    place.symlink_to(destination)
    assert call() == say("linked", f"{SCRIPTS} (replaced a link to {destination})")


@posix
def test_several_site_packages(call: Call, environment: Path) -> None:
    """An unknown site-packages is an error, and the other links are made."""
    (environment / "lib" / "pypy3.13" / "site-packages").mkdir(parents=True)
    reason = "found several site-packages, unclear which one is used: pypy3.13, python3.13"
    assert call("--link-site-packages", status=1) == [*say("linked", SCRIPTS), f"error: {environment}/lib: {reason}"]


def test_mistake_in_pyproject(call: Call, environment: Path) -> None:
    """A mistake in pyproject.toml is an error, and then nothing is done."""
    file = environment.with_name("pyproject.toml")
    file.write_text(f"[tool.{PROGRAM}]\npython-exe = 'yes'\nfoo = 1\n", encoding="utf-8")
    before = tree(environment)
    assert call(status=1) == [
        f"error: {file}: tool.{PROGRAM}.python-exe is 'yes', expected true or false",
        f"error: {file}: tool.{PROGRAM}.foo is unknown, did you mean python-exe?",
    ]
    assert tree(environment) == before


def test_interrupted(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the command with the status that shells know, and no traceback."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Link, "make", interrupt)
    assert _cli.main([str(environment)]) == 130


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--check --remove", "argument --remove: not allowed with argument --check"),
        ("--force", "--force requires --remove"),
        ("--frobnicate", "unrecognized arguments: --frobnicate"),
        ("--exit-zero --frobnicate", "unrecognized arguments: --frobnicate"),
    ],
)
def test_wrong_call(capsys: pytest.CaptureFixture[str], arguments: str, message: str) -> None:
    """A wrong call ends with status 2, whatever else is asked for, and shows how to call the command."""
    assert _cli.main(arguments.split()) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith(f"usage: {PROGRAM} ")
    assert errors.endswith(f"\n{PROGRAM}: error: {message}\n")


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The help names the options."""
    assert _cli.main(["--help"]) == 0
    text = capsys.readouterr().out
    for option in ("--version", "--quiet", "--remove", "--link-bin-scripts", "--no-link-site-packages", "ENV"):
        assert option in text


@posix
def test_strange_characters(tmp_path: Path) -> None:
    """A path that the terminal can't show is printed with escapes."""
    make_environment(tmp_path / "日本")
    output = run(*COMMAND, "日本", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert output == "linked \\u65e5\\u672c/Scripts -> bin\n"


LINKED, PROGRAMS = {"Scripts"}, {"Scripts", "bin/python.exe"}
LISTING, LOOKING = "{}/bin: {no}", "{}/pyvenv.cfg: {no}"
LINKING = "could not link {}/bin/python.exe to {}/bin/python - {no}"
SEARCHING, REMOVING = "{}/bin/secret: could not be searched - {no}", "could not remove {}/Scripts - {no}"
IN_LIB = "could not remove {}/Lib/site-packages - {no}"


@pytest.mark.parametrize(
    ("place", "arguments", "outcome"),
    [
        ("555 bin", "--link-python-exe", (1, LINKING, LINKED)),
        ("555 .", "--remove", (1, REMOVING, LINKED)),
        ("300 bin", "--link-exe", (1, LISTING, PROGRAMS)),
        ("300 bin", "--check --link-exe", (1, LISTING, LINKED)),
        ("300 bin", "--remove", (1, LISTING, LINKED)),
        ("300 bin", "--remove --force", (1, LISTING, set())),
        ("000 bin/secret", "--remove", (1, SEARCHING, LINKED)),  # which somebody else may run
        ("000 bin/secret", "--remove --force", (0, "", set())),
        ("000 Lib", "--remove", (1, IN_LIB, set())),
        ("000 lib", "--remove", (1, REMOVING, LINKED)),  # which may lead through it
        ("000 ..", "", (1, LOOKING, LINKED)),
        ("000 ..", "--remove", (1, LOOKING, LINKED)),
        ("000 ..", "--ignore-missing", (1, LOOKING, LINKED)),
        ("300 .", "--link-python-exe", (0, "", PROGRAMS)),
        ("300 .", "--check", (0, "", LINKED)),
        ("300 .", "--remove", (0, "", set())),
    ],
)
def test_no_permission(
    as_ordinary_user: Path, call: Call, place: str, arguments: str, outcome: tuple[int, str, set[str]]
) -> None:
    """What the user may not do is an error that names the path and the reason, and leaves these aliases."""
    environment = make_environment(as_ordinary_user / "project" / ".venv")
    (environment / "bin" / "secret").touch()
    (environment / "Lib").mkdir(exist_ok=True)
    call("-q", environment)
    status, message, aliases = outcome
    mode, name = place.split()
    is_one = name in {"Lib", "lib"} and (environment / "LIB").exists()
    message, aliases = (f"{REMOVING}\n{IN_LIB}", LINKED) if is_one else (message, aliases)
    (environment / name).chmod(int(mode, 8))

    errors = call(f"-q {arguments}", environment, status=status)

    environment.parent.chmod(0o755)
    (environment / name).chmod(0o755)
    message = message.replace("{}", str(environment)).replace("{no}", os.strerror(errno.EACCES))
    assert errors == [f"error: {line}" for line in message.splitlines()]
    assert {alias for alias in PROGRAMS if os.path.lexists(environment / alias)} == aliases


@posix
class TestExe:
    """--link-exe gives every program its Windows name."""

    EXE = "--no-link-bin-scripts --link-exe"

    @pytest.fixture(autouse=True)
    def scripts(self, environment: Path) -> Path:
        """Return the scripts directory of an environment, with three programs more."""
        for name in ("python", "python3", "pytest", "ruff"):
            (environment / "bin" / name).write_text("#!/bin/sh\necho $0\n", encoding="utf-8")
            (environment / "bin" / name).chmod(0o755)
        return environment / "bin"

    def names(self, scripts: Path) -> set[str]:
        """Return the names before .exe of what has such a name."""
        return {path.stem for path in scripts.glob("*.exe")}

    def test_all(self, call: Call, scripts: Path) -> None:
        """Each program, the interpreter too, has it; asking again changes nothing; --remove restores all."""
        before = tree(scripts.parent)
        links = [f".venv/bin/{name}.exe -> {name}" for name in ("python", "pytest", "python3", "ruff")]

        assert call(self.EXE) == say("linked", *links)
        after = tree(scripts.parent)
        assert run(scripts / "pytest.exe").endswith("pytest.exe\n")
        assert call(f"--check {self.EXE}") == call(self.EXE) == say("already linked", *links)
        assert call(f"--link-python-exe {self.EXE}") == say("already linked", *links)
        assert tree(scripts.parent) == after
        assert call("--remove") == say("removed", *links)
        assert tree(scripts.parent) == before

    def test_programs_come_and_go(self, call: Call, scripts: Path) -> None:
        """The next run adds what is missing, and removes links to programs that are gone, and nothing else."""
        call(f"-q {self.EXE}")
        (scripts / "ruff").rename(scripts / "ty")
        (scripts / "other.exe").symlink_to("gone")
        (scripts / "gone.exe.virtualenv-link-bin-scripts").symlink_to("gone")  # as a killed process leaves it

        lines = call(f"--check {self.EXE}", status=1)
        assert {"stale .venv/bin/ruff.exe -> ruff", "missing .venv/bin/ty.exe -> ty"} <= {*lines}
        assert {"removed .venv/bin/ruff.exe -> ruff", "linked .venv/bin/ty.exe -> ty"} <= {*call(self.EXE)}

        assert self.names(scripts) == {"other", "pytest", "python", "python3", "ty"}
        assert not os.path.lexists(scripts / "gone.exe.virtualenv-link-bin-scripts")
        call(f"--check {self.EXE}")

    def test_scripts_run_through_it(self, call: Call, scripts: Path) -> None:
        """--remove keeps each alias that a script runs through, and removes the others."""
        call(f"-q {self.EXE}")
        for name, interpreter in (("pytest", "python.exe"), ("ruff", "python3.exe")):
            (scripts / name).write_text(f"#!{scripts / interpreter}\n", encoding="utf-8")

        *removed, python, python3 = call("--remove", status=1)

        assert removed == say("removed", *(f".venv/bin/{name}.exe -> {name}" for name in ("pytest", "ruff")))
        assert python.startswith(f"error: kept {scripts / 'python.exe'} - these scripts run through it: pytest; ")
        assert python3.startswith(f"error: kept {scripts / 'python3.exe'} - these scripts run through it: ruff; ")
        assert self.names(scripts) == {"python", "python3"}

    def test_refused_by_itself(self, call: Call, scripts: Path) -> None:
        """A name that is taken, or too long, is refused by itself; a link is replaced, and a hard link accepted."""
        (scripts / "ruff.exe").write_text("precious", encoding="utf-8")
        (scripts / "pytest.exe").symlink_to("ruff")
        os.link(scripts / "python3", scripts / "python3.exe")
        (scripts / ("x" * 253)).touch(mode=0o755)

        *lines, taken, too_long = call(self.EXE, status=1)

        assert lines == [
            "linked .venv/bin/python.exe -> python",
            "linked .venv/bin/pytest.exe -> pytest (replaced a link to ruff)",
            "already linked .venv/bin/python3.exe -> python3",
        ]
        assert taken.startswith(f"error: could not link {scripts}/ruff.exe to {scripts}/ruff - a file is in the way")
        assert too_long.endswith(f" - {os.strerror(errno.ENAMETOOLONG)}")
        assert (scripts / "ruff.exe").read_text(encoding="utf-8") == "precious"
        assert "already linked .venv/bin/python3.exe -> python3" in call(f"--check {self.EXE}", status=1)
        call("--remove")
        assert self.names(scripts) == {"ruff", "python3"}

    def test_many(self, call: Call, scripts: Path) -> None:
        """Of many links the number is printed, unless each name is asked for; of many errors the first ones are."""
        for number in range(20):
            shutil.copy(scripts / "ruff", scripts / f"tool{number}")
        python, others = ".venv/bin/python.exe -> python", "NAME.exe -> NAME for 23 programs"
        assert call(self.EXE) == say("linked", python, others)
        assert call(f"{self.EXE} -q") == []
        assert len(call(f"{self.EXE} --verbose")) == 24
        assert call("--remove") == say("removed", python, others)

        for number in range(20):
            shutil.copy(scripts / "ruff", scripts / f"other{number}")
            (scripts / f"other{number}.exe").symlink_to(f"gone{number}")
            (scripts / f"tool{number}.exe").write_text("precious", encoding="utf-8")
        lines = call(self.EXE, status=1)
        assert lines[-1] == f"error: and 10 more links of {scripts.parent}"
        assert len([line for line in lines if line.startswith("error: ")]) == 11
        assert {
            f"linked .venv/bin/other{number}.exe -> other{number} (replaced a link to gone{number})"
            for number in range(20)
        } <= {*lines}

    @pytest.mark.parametrize(
        ("linking", "removing", "left"),
        [
            ("--link-exe --no-link-python-exe", "--check --no-link-bin-scripts", {"python3", "pytest", "ruff"}),
            ("--link-exe", "--remove --link-exe", set()),
            ("--link-exe", "--remove --link-python-exe", {"python3", "pytest", "ruff"}),
            ("--link-exe", "--remove --no-link-python-exe", {"python"}),
            ("--link-exe", "--remove --no-link-exe", {"python3", "pytest", "ruff"}),
        ],
    )
    def test_some(self, call: Call, scripts: Path, linking: str, removing: str, left: set[str]) -> None:
        """--link-exe includes the interpreter unless it is refused; --remove removes what is named, or not refused."""
        call(f"-q {linking}")
        call(f"-q {removing}")
        assert self.names(scripts) == left


NEEDS_FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no such device")


@pytest.mark.usefixtures("links")
class TestLostOutput:
    """Output that goes nowhere does not stop the work, and the exit status says so."""

    @pytest.fixture
    def environments(self, tmp_path: Path) -> list[Path]:
        """Return more environments than a buffer has room for."""
        return [make_environment(tmp_path / f"{'x' * 100}{number}") for number in range(100)]

    @pytest.fixture(params=["pipe", pytest.param("/dev/full", marks=NEEDS_FULL)])
    def stdout(self, request: pytest.FixtureRequest) -> Iterator[int]:
        """Return a pipe that nobody reads any more, as behind ``head -1``, or a disk that is full."""
        if request.param == "pipe":
            reader, stdout = os.pipe()
            os.close(reader)
        else:  # pragma: linux cover
            stdout = os.open("/dev/full", os.O_WRONLY)
        yield stdout
        os.close(stdout)

    @pytest.mark.parametrize("unbuffered", ["", "1"])
    def test_cannot_be_written(self, environments: list[Path], stdout: int, unbuffered: str) -> None:
        """All is done, nothing else is printed, and the status is 1 only if something was to be printed."""
        environ = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
        exit_zero = ["--exit-zero", environments[0]]
        for arguments, status in (environments, 1), (["-q", *environments], 0), (["--version"], 1), (exit_zero, 0):
            command = [*COMMAND, *map(str, arguments)]
            done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, env=environ, check=False)
            assert (done.returncode, done.stderr) == (status, b"")
        assert all((environment / OTHER).exists() for environment in environments)

    def test_help_is_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What argparse fails to print, which it only does in Python 3.9, is lost output like other."""

        def fail(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr("argparse.ArgumentParser.parse_args", fail)
        assert _cli.main([]) == 1

    @posix
    @pytest.mark.parametrize(("redirect", "status"), [(">&-", 1), (">&- 2>&-", 1), ("--quiet >&-", 0), ("2>&-", 0)])
    def test_closed(self, environments: list[Path], redirect: str, status: int) -> None:
        """The shell has closed it, and standard error as well."""
        run("sh", "-c", f'"$@" {redirect}', "sh", *COMMAND, environments[0], status=status)
        assert (environments[0] / OTHER).exists()


def test_version(call: Call) -> None:
    """--version prints its own version, and that the virtualenv in the same place sees the plugin."""
    own, virtualenv = call("--version")
    assert own == f"{PROGRAM} {version(PROGRAM)}"
    assert virtualenv.startswith(f"virtualenv {version('virtualenv')} in ")
    assert virtualenv.endswith(" sees the plugin")


def test_version_elsewhere(tmp_path: Path) -> None:
    """--version says that virtualenv is not installed in the same place, or does not see the plugin."""
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
    command, own = [sys.executable, "-c", code, str(tmp_path)], f"{PROGRAM}, which is not installed\n"
    assert run(*command).startswith(f"{own}virtualenv is not installed here\n")
    (tmp_path / "virtualenv-21.0.dist-info").mkdir()
    metadata = "Metadata-Version: 2.1\nName: virtualenv\nVersion: 21.0\n"
    (tmp_path / "virtualenv-21.0.dist-info" / "METADATA").write_text(metadata, encoding="utf-8")
    assert run(*command).startswith(f"{own}virtualenv 21.0 in {tmp_path} does not see the plugin\n")


def test_no_import() -> None:
    """The command imports nothing that would slow it down, virtualenv least of all."""
    code = """
import sys, argparse
import __future__
before = set(sys.modules)
import virtualenv_link_bin_scripts._cli
print(*(set(sys.modules) - before))
"""
    added = run(sys.executable, "-I", "-c", code).split()
    assert "virtualenv_link_bin_scripts._cli" in added
    assert {name for name in added if name.split(".")[0] != "virtualenv_link_bin_scripts"} <= {"errno"}
