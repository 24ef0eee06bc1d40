"""The real system call fails, or the process is killed in it, on Linux: nothing is lost, and the reason is reported."""

from __future__ import annotations

import errno
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import deque
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from typing import TYPE_CHECKING, NamedTuple

import links
import pytest
from conftest import make_environment, prefix, tree
from links import TEMPORARY

from virtualenv_link_bin_scripts._cli import main  # here, since an ordinary user may not find it any more

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import RunVirtualenv

    Tree = dict[str, tuple[int, object]]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")


class Alias(NamedTuple):
    """An alias below the environment, what the link contains, and the options that ask for it alone."""

    path: str
    content: str
    options: list[str]


ALIASES = [
    Alias("Scripts", "bin", ["--link-bin-scripts"]),
    Alias("bin/python.exe", "python", ["--no-link-bin-scripts", "--link-python-exe"]),
    Alias("Lib/site-packages", "../lib/python3.13/site-packages", ["--no-link-bin-scripts", "--link-site-packages"]),
]


@pytest.fixture(params=ALIASES, ids=lambda alias: alias.path)
def alias(request: pytest.FixtureRequest) -> Alias:
    """Return each alias in turn."""
    assert isinstance(request.param, Alias)
    return request.param


replaceable = pytest.mark.parametrize("what", ["nothing", "link", "empty directory"])


def prepare(directory: Path, alias: Alias, what: str) -> Path:
    """Return a new environment in a directory, with something in an alias's place."""
    environment = make_environment(directory / "environment", "bin")
    put(environment, alias, what)
    return environment


def put(environment: Path, alias: Alias, what: str) -> None:
    """Put something in an alias's place."""
    contents = {"link": "-> elsewhere", "right link": f"-> {alias.content}"}
    links.put(environment / alias.path, contents.get(what, what))


def made(alias: Alias) -> list[str]:
    """Return what the command makes: the alias and perhaps its directory."""
    return [alias.path, *(["Lib"] if alias.path.startswith("Lib") else [])]


def places(alias: Alias) -> list[str]:
    """Return where the command may make something: what it makes, and the temporary name of each."""
    return [place for name in made(alias) for place in (name, f"{name}{TEMPORARY}")]


def command(*arguments: str | Path) -> tuple[int, str]:
    """Run the command in this process, and return its status and all that it prints, errors too."""
    printed = BytesIO()
    with TextIOWrapper(printed, "utf-8") as output, redirect_stdout(output), redirect_stderr(output):
        return main([*map(str, arguments)]), printed.getvalue().decode()


def refused(environment: Path, alias: Alias, reason: int) -> None:
    """Check that the command gives the system's reason, and leaves everything as it was."""
    before = tree(environment)
    place = environment / alias.path
    target = os.path.normpath(place.parent / alias.content)
    problem = f"could not link {place} to {target} - {os.strerror(reason)}"
    assert command(*alias.options, environment) == (1, f"virtualenv-link-bin-scripts: error: {problem}\n")
    assert tree(environment) == before


def without(found: Tree, *places: str) -> Tree:
    """Return what is in an environment except in some places."""
    return {path: what for path, what in found.items() if path not in places}


def linked(environment: Path, alias: Alias, before: Tree) -> None:
    """Check that the link exists, and nothing else is new."""
    assert os.readlink(environment / alias.path) == alias.content
    assert without(tree(environment), *made(alias)) == without(before, *made(alias))


def system(*command: str | Path) -> None:
    """Run a program of the system, or skip the test where it is unavailable or refuses."""
    if not shutil.which(str(command[0])):
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{command[0]}: {done.stderr.strip()}")


@contextmanager
def mounted(directory: Path, *arguments: str | Path) -> Iterator[Path]:
    """Mount a file system, or skip the test where that is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    directory.mkdir()
    system("mount", *arguments, directory)
    try:
        yield directory
    finally:
        subprocess.run(["umount", directory], check=True)


@contextmanager
def exfat(tmp_path: Path) -> Iterator[Path]:
    """Mount an exFAT file system, by FUSE where the kernel has none."""
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(512 << 20)
    system("mkfs.exfat", image)
    with mounted(tmp_path / "exfat", "-t", "exfat-fuse", "-o", "loop", image) as directory:
        yield directory


def use_up(use: Callable[[int], object]) -> None:
    """Use something until there is no space left."""
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        deque(map(use, itertools.count()), maxlen=0)


def test_other_mount(tmp_path: Path) -> None:
    """A link that the interpreter leads through stays, also if the path goes there by another mount."""
    environment = make_environment(tmp_path / "environment", "bin")
    python, alias = environment / "bin" / "python", environment / "bin" / "python.exe"
    python.rename(python.with_name("python3"))
    alias.symlink_to("python3")
    with mounted(tmp_path / "mounted", "--bind", environment) as other:
        python.symlink_to(other / "bin" / "python.exe")
        assert command("--quiet", "--no-link-bin-scripts", "--link-python-exe", environment) == (0, "")
        kept = f"virtualenv-link-bin-scripts: error: kept {alias} - {python} points to it\n"
        assert command("--remove", "--force", environment) == (1, kept)
    assert os.readlink(alias) == "python3"


class TestFileSystem:
    """File systems that refuse."""

    @replaceable
    def test_full_disk(self, tmp_path: Path, alias: Alias, what: str) -> None:
        """On a full disk a link has room, which needs an inode alone."""
        with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=64k", "tmpfs") as directory:
            environment = prepare(directory, alias, what)
            with (directory / "filler").open("wb", buffering=0) as file:
                use_up(lambda _: file.write(bytes(1024)))
            before = tree(environment)

            assert command("--quiet", *alias.options, environment)[0] == 0

            linked(environment, alias, before)

    @replaceable
    @pytest.mark.parametrize(("option", "reason"), [("nr_inodes=20", errno.ENOSPC), ("size=1m", errno.EROFS)])
    def test_no_link(self, tmp_path: Path, alias: Alias, what: str, option: str, reason: int) -> None:
        """Without a free inode, or on a read-only file system, nothing changes: what a link would replace stays."""
        with mounted(tmp_path / "small", "-t", "tmpfs", "-o", option, "tmpfs") as directory:
            environment = prepare(directory, alias, what)
            if reason == errno.ENOSPC:
                use_up(lambda number: (directory / str(number)).touch())
            else:
                system("mount", "-o", "remount,ro", directory)

            refused(environment, alias, reason)

    @replaceable
    def test_immutable(self, tmp_path: Path, alias: Alias, what: str) -> None:
        """In an immutable directory nothing changes."""
        environment = prepare(tmp_path, alias, what)
        parent = (environment / alias.path).parent
        directory = parent if parent.exists() else environment
        system("chattr", "+i", directory)
        try:
            refused(environment, alias, errno.EPERM)
        finally:
            system("chattr", "-i", directory)

    @pytest.mark.parametrize("what", ["nothing", "empty directory"])
    def test_exfat_command(self, tmp_path: Path, alias: Alias, what: str) -> None:
        """On exFAT, which has no links, the command gives the system's reason, and an empty directory stays."""
        with exfat(tmp_path) as directory:
            refused(prepare(directory, alias, what), alias, errno.ENOSYS)

    def test_exfat(self, tmp_path: Path, virtualenv: RunVirtualenv) -> None:
        """On exFAT virtualenv makes the environment that it makes without the plugin."""
        with exfat(tmp_path) as directory:
            options = [alias.options[-1] for alias in ALIASES]
            alone = virtualenv("--copies", "--without-pip", "without", cwd=directory)
            output = virtualenv("--copies", "--without-pip", *options, "with", cwd=directory)

            assert "could not link" not in alone
            lines = [line for line in output.splitlines() if "could not link " in line]
            assert [line.split(" to ")[0].rpartition("with/")[2] for line in lines] == [alias.path for alias in ALIASES]
            assert all(line.split(" - ")[1] for line in lines)
            assert tree(directory / "with").keys() == tree(directory / "without").keys()
            assert prefix(directory / "with" / "bin" / "python") == str(directory / "with")


#: The system calls that work on an alias or its directory, as strace selects them: the names vary with the processor.
SYSTEM_CALLS = {
    "look": "/^(open|stat|lstat|newfstat|readlink)",
    "remove": "/^(unlink|rmdir)",
    "move to its place": "/^rename",
    "make directory": "/^mkdir",
    "make link": "/^symlink",
}


def trace(environment: Path, alias: Alias, options: list[str], fault: str) -> tuple[int, str, bool]:
    """Let strace interfere in the command's calls on the alias, its directory and the temporary names of both.

    :returns: the command's status, its errors, and whether strace had occasion to interfere
    """
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    log = environment.with_name("strace")
    parent = os.path.dirname(alias.path)
    paths = [argument for path in (*places(alias), parent) for argument in ("-P", str(environment / path))]
    program = [sys.executable, "-m", "virtualenv_link_bin_scripts", *options, str(environment)]
    call = ["strace", "-qq", "-o", str(log), "-e", f"inject={fault}", *paths, *program]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if "ptrace" in done.stderr:
        pytest.skip(f"strace may not trace: {done.stderr.strip()}")
    errors = "".join(line for line in done.stderr.splitlines(keepends=True) if not line.startswith("strace: "))
    return done.returncode, errors, "INJECTED" in log.read_text(encoding="utf-8")


#: Which errors a failing system call gives, and whether it alone fails or all after it, too: MORE_FAULTS=1 tries all.
FAULTS = [
    (error, after)
    for error in ("EIO", "EACCES", "ENOSPC", "ENOMEM", "ELOOP")
    for after in ("", "+")
    if (error, after) == ("EIO", "") or os.environ.get("MORE_FAULTS")
]


@pytest.mark.parametrize("what", ["nothing", "link", "empty directory", "file", "directory", "right link"])
@pytest.mark.parametrize("action", ["link", "remove"])
def test_failing_at_every_step(tmp_path: Path, alias: Alias, what: str, action: str) -> None:
    """Whichever system call on an alias fails, nothing is lost, the reason is given, and the next run does the work."""
    options = ["--remove"] if action == "remove" else alias.options
    runs = 0
    for error, after in FAULTS:
        for number in itertools.count(1):
            environment = prepare(tmp_path / f"{error}{after}-{number}", alias, what)
            place = environment / alias.path
            before = tree(environment)

            fault = f"%file:error={error}:when={number}{after}"
            status, errors, is_injected = trace(environment, alias, options, fault)
            if not is_injected:
                break

            runs += 1
            assert "Traceback" not in errors
            assert bool(errors) == (status != 0)
            assert not errors or " - " in errors or ": " in errors
            after_it = tree(environment)
            assert without(after_it, *places(alias)) == without(before, *places(alias))
            if what in {"file", "directory"}:
                assert after_it[alias.path] == before[alias.path]
            elif what == "empty directory" and status:
                assert after_it[alias.path] == before[alias.path] or after
            elif "link" in what and action == "link":
                assert os.readlink(place) in {"elsewhere", alias.content}
            is_kept = what in {"file", "directory"} if action == "link" else what == "link" and place.is_symlink()
            assert command(*options, environment)[0] == is_kept
            assert TEMPORARY not in str(tree(environment))
    assert runs


def kill_at_every_step(
    tmp_path: Path, alias: Alias, what: str, options: list[str]
) -> Iterator[tuple[str | None, Path, Tree]]:
    """Kill the command as it enters each of its system calls on an alias, each time in a new environment.

    :returns: the kind of the system call, if the command got so far, the environment, and what was in it before
    """
    for name, calls in SYSTEM_CALLS.items():
        for number in itertools.count(1):
            environment = prepare(tmp_path / name / str(number), alias, what)
            before = tree(environment)
            status, errors, _ = trace(environment, alias, options, f"{calls}:signal=SIGKILL:when={number}")
            assert status in {0, -signal.SIGKILL}, errors
            yield name if status else None, environment, before
            if not status:
                break


@replaceable
def test_killed_at_every_step(tmp_path: Path, alias: Alias, what: str) -> None:
    """Nothing is lost or left over, a replaced link is never absent, and the next run makes the new one."""
    expected = {"look", "make link"}
    if what == "link":
        expected.add("move to its place")
    elif what == "empty directory":
        expected |= {"move to its place", "remove"}
    elif alias.path.startswith("Lib"):
        expected.add("make directory")
    killed = set()
    for name, environment, before in kill_at_every_step(tmp_path, alias, what, alias.options):
        if name:
            killed.add(name)
            if what == "link":
                assert os.readlink(environment / alias.path) in {"elsewhere", alias.content}
            assert without(tree(environment), *places(alias)) == without(before, *places(alias))
            assert command(*alias.options, environment)[0] == 0
        linked(environment, alias, before)
    assert killed >= expected


def test_making_killed_at_every_step_then_removed(tmp_path: Path, alias: Alias) -> None:
    """Of what a killed process has made in a free place, --remove leaves nothing behind."""
    for name, environment, before in kill_at_every_step(tmp_path, alias, "nothing", alias.options):
        if name:
            assert command("--remove", environment)[0] == 0
            assert tree(environment) == before


def test_removal_killed_at_every_step(tmp_path: Path, alias: Alias) -> None:
    """A killed removal is finished by the next one, which leaves nothing behind."""
    clean = tree(make_environment(tmp_path / "clean", "bin"))
    killed = set()
    for name, environment, _ in kill_at_every_step(tmp_path, alias, "right link", ["--remove"]):
        if name:
            killed.add(name)
            assert command("--remove", environment)[0] == 0
        assert tree(environment) == clean
    assert killed == {"look", "remove", *(["make link"] if alias.path.startswith("Lib") else [])}


WORK = """
import json, sys
from virtualenv_link_bin_scripts._cli import main

for line in sys.stdin:
    print(main(["--quiet", *json.loads(line)]), flush=True)
"""


@pytest.fixture(scope="module")
def run_at_once() -> Iterator[Callable[..., None]]:
    """Run the command in 16 processes at the same time, which serve all tests, and check that all succeed."""
    call, pipe = [sys.executable, "-c", WORK], subprocess.PIPE
    with ExitStack() as stack:
        processes = [
            stack.enter_context(subprocess.Popen(call, stdin=pipe, stdout=pipe, stderr=pipe, text=True))
            for _ in range(16)
        ]

        def run_at_once(environment: Path, *requests: list[str]) -> None:
            for process, options in zip(processes, itertools.cycle(requests)):
                assert process.stdin
                print(json.dumps([*options, str(environment)]), file=process.stdin, flush=True)
            assert [process.stdout.readline() for process in processes if process.stdout] == ["0\n"] * 16

        yield run_at_once


@replaceable
@pytest.mark.parametrize("others", ["agree", "disagree"])
def test_16_processes(run_at_once: Callable[..., None], tmp_path: Path, alias: Alias, what: str, others: str) -> None:
    """All of 16 processes succeed, each time, though half of them may remove the link, and leave nothing beside it."""
    environment = prepare(tmp_path, alias, "nothing")
    before = tree(environment)
    for _ in range(50 if os.environ.get("MORE_FAULTS") else 20):
        put(environment, alias, what)
        if others == "agree":
            run_at_once(environment, alias.options)
            linked(environment, alias, before)
            run_at_once(environment, ["--remove"])
        else:
            run_at_once(environment, alias.options, ["--remove", "--force"])
            assert command("--quiet", *alias.options, environment) == (0, "")
            linked(environment, alias, before)
            assert command("--quiet", "--remove", environment) == (0, "")
        assert tree(environment) == before


def test_replaced_link_is_never_absent(tmp_path: Path, alias: Alias) -> None:
    """Whoever looks while a link is replaced finds the old one or the new one."""
    environment = prepare(tmp_path, alias, "link")
    place = environment / alias.path
    code = """
import os, sys
place, looks, absent = sys.argv[1], 0, 0
print("looking", flush=True)
while not os.path.lexists(place + ".end"):
    for _ in range(1000):
        looks += 1
        absent += not os.path.lexists(place)
print(looks, absent)
"""
    with subprocess.Popen([sys.executable, "-c", code, place], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "looking\n"
        for number in range(500):
            other = place.with_name("other")
            other.symlink_to(f"elsewhere-{number}")
            other.rename(place)
            assert command("--quiet", *alias.options, environment) == (0, "")
        place.with_name(f"{place.name}.end").touch()
        looks, absent = map(int, process.stdout.readline().split())
    assert looks >= 1000
    assert absent == 0
