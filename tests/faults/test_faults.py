"""Processes that are killed, or get in each other's way, and file systems that refuse: on Linux, most of it as root."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers import add_program, make_environment, run, tree

from virtualenv_link_bin_scripts._cli import main
from virtualenv_link_bin_scripts._link import TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")

COMMAND = [sys.executable, "-m", "virtualenv_link_bin_scripts"]
LINKS = {"Scripts": "bin", "bin/python.exe": "python", "Lib/site-packages": "../lib/python3.13/site-packages"}


@pytest.fixture
def wrong_links(environment: Path) -> Path:
    """Return an environment in which each alias is a link that points elsewhere."""
    (environment / "Lib").mkdir()
    for alias in LINKS:
        (environment / alias).symlink_to("elsewhere")
    return environment


#: The system calls that work on links, as strace selects them: their names vary with the processor.
SYSTEM_CALLS = ["/^readlink", "/stat", "/^mkdir", "/^symlink", "/^rename", "/^unlink", "/^rmdir"]


def interfere(environment: Path, fault: str, option: str) -> Iterator[None]:
    """Let strace interfere with each of the command's system calls on a link, each in a new copy of the environment."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    original = environment.rename(environment.with_name("original"))
    log = environment.with_name("log")
    places = ["Lib", *LINKS, *(f"{alias}{TEMPORARY}" for alias in LINKS)]
    paths = [argument for place in places for argument in ("-P", f"{environment}/{place}")]
    interferences = 0
    for calls in SYSTEM_CALLS:
        for number in itertools.count(1):
            shutil.rmtree(environment, ignore_errors=True)
            shutil.copytree(original, environment, symlinks=True)
            strace = ["strace", "-qq", "-o", str(log), "-e", f"inject={calls}:{fault}:when={number}", *paths]
            done = subprocess.run([*strace, *COMMAND, option, str(environment)], capture_output=True, check=False)
            if b"ptrace" in done.stderr:
                pytest.skip("strace may not trace")
            assert b"Traceback" not in done.stderr
            if "INJECTED" not in log.read_text(encoding="utf-8") and done.returncode != -signal.SIGKILL:
                break
            interferences += 1
            yield
    assert interferences > 10


class TestKilled:
    """A process that is killed, in turn at each of its system calls on a link."""

    def test_linking(self, wrong_links: Path) -> None:
        """A link that is to be replaced exists as the old one or the new one, and the next run makes all links."""
        for _ in interfere(wrong_links, "signal=SIGKILL", "--link-site-packages"):
            assert all((wrong_links / alias).is_symlink() for alias in LINKS)

            assert main(["--quiet", "--link-site-packages", str(wrong_links)]) == 0

            assert {alias: os.readlink(wrong_links / alias) for alias in LINKS} == LINKS
            assert TEMPORARY not in str(tree(wrong_links))

    def test_linking_then_removing(self, environment: Path) -> None:
        """The next removal leaves nothing behind."""
        before = tree(environment)
        for _ in interfere(environment, "signal=SIGKILL", "--link-site-packages"):
            assert main(["--quiet", "--remove", str(environment)]) == 0

            assert tree(environment) == before

    def test_removing(self, wrong_links: Path) -> None:
        """A killed removal is finished by the next one."""
        for _ in interfere(wrong_links, "signal=SIGKILL", "--remove"):
            assert main(["--quiet", "--remove", str(wrong_links)]) == 0

            assert not any(os.path.lexists(wrong_links / place) for place in ["Lib", *LINKS])


def test_failing(wrong_links: Path) -> None:
    """Whichever system call fails, every link is the old one or the new one, and the next run does the work."""
    for _ in interfere(wrong_links, "error=EIO", "--link-site-packages"):
        assert all((wrong_links / alias).is_symlink() for alias in LINKS)

        assert main(["--quiet", "--link-site-packages", str(wrong_links)]) == 0

        assert {alias: os.readlink(wrong_links / alias) for alias in LINKS} == LINKS


#: Runs the command with the arguments of each line that it reads, and prints the status.
WORKER = """
import sys
from virtualenv_link_bin_scripts._cli import main
for line in sys.stdin:
    print(main(line.split()), flush=True)
"""


@pytest.fixture
def workers() -> Iterator[list[subprocess.Popen[str]]]:
    """Start sixteen processes."""
    command, pipe = [sys.executable, "-c", WORKER], subprocess.PIPE
    with contextlib.ExitStack() as stack:
        popens = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(16)]
        yield [stack.enter_context(popen) for popen in popens]


def run_at_once(workers: list[subprocess.Popen[str]], environment: Path, *lines: str) -> list[str]:
    """Give the processes lines in turn, and return their statuses."""
    for worker, line in zip(workers, itertools.cycle(lines)):
        assert worker.stdin
        print(line, environment, file=worker.stdin, flush=True)
    return [worker.stdout.readline() for worker in workers if worker.stdout]


def test_linking_at_once(workers: list[subprocess.Popen[str]], wrong_links: Path) -> None:
    """All of sixteen processes succeed, fifty times, and leave nothing beside the links."""
    for _ in range(50):
        for alias in LINKS:
            (wrong_links / alias).unlink()
            (wrong_links / alias).symlink_to("elsewhere")

        assert run_at_once(workers, wrong_links, "--quiet --link-site-packages") == ["0\n"] * 16

        assert {alias: os.readlink(wrong_links / alias) for alias in LINKS} == LINKS
        assert TEMPORARY not in str(tree(wrong_links))


def test_linking_removing_and_checking_at_once(workers: list[subprocess.Popen[str]], wrong_links: Path) -> None:
    """All of sixteen processes succeed, though some remove what others make, and asking again makes all links."""
    link, remove = "--quiet --link-site-packages", "--quiet --remove"
    for _ in range(50):
        assert run_at_once(workers, wrong_links, link, remove, f"{link} --check --exit-zero") == ["0\n"] * 16

        assert main([*link.split(), str(wrong_links)]) == 0
        assert {alias: os.readlink(wrong_links / alias) for alias in LINKS} == LINKS
        assert TEMPORARY not in str(tree(wrong_links))


def test_replaced_link_is_never_absent(wrong_links: Path) -> None:
    """Whoever looks while a link is replaced finds the old one or the new one."""
    code = """
import os, sys
place, looks, absent = sys.argv[1], 0, 0
print(flush=True)
while not os.path.lexists(place + ".end"):
    looks += 1
    absent += not os.path.lexists(place)
print(looks, absent)
"""
    place = wrong_links / "Scripts"
    with subprocess.Popen([sys.executable, "-c", code, place], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        for number in range(500):
            (wrong_links / "new").symlink_to(f"elsewhere-{number}")
            (wrong_links / "new").rename(place)
            main(["--quiet", str(wrong_links)])
        (wrong_links / "Scripts.end").touch()

        looks, absent = process.stdout.readline().split()
    assert int(looks) > 1000
    assert absent == "0"


@contextlib.contextmanager
def mounted(directory: Path, *arguments: str | Path) -> Iterator[Path]:
    """Mount a file system, or skip the test where that is not allowed."""
    directory.mkdir()
    done = subprocess.run(["mount", *arguments, directory], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mount: {done.stderr.strip()}")
    try:
        yield directory
    finally:
        subprocess.run(["umount", directory], check=True)


class TestFileSystems:
    """File systems that refuse links."""

    def test_full(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Without a free inode no link is made, each error has the system's reason, and nothing changes."""
        with mounted(tmp_path / "full", "-t", "tmpfs", "-o", "nr_inodes=20", "tmpfs") as directory:
            environment = make_environment(directory / "x")
            (environment / "Scripts").symlink_to("elsewhere")
            with contextlib.suppress(OSError):
                for number in range(20):
                    (directory / str(number)).touch()
            before = tree(environment)

            status = main(["--link-site-packages", str(environment)])

            assert status == 1
            error = "virtualenv-link-bin-scripts: error: could not link"
            assert capsys.readouterr().err.splitlines() == [
                f"{error} {environment}/Scripts: No space left on device",
                f"{error} {environment}/bin/python.exe: No space left on device",
                f"{error} {environment}/Lib/site-packages: No space left on device",
            ]
            assert tree(environment) == before

    def test_read_only(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """On a read-only file system, each directory has one error with the system's reason, and nothing changes."""
        with mounted(tmp_path / "read-only", "-t", "tmpfs", "tmpfs") as directory:
            environment = make_environment(directory / "x")
            run("mount", "-o", "remount,ro", directory)
            before = tree(environment)

            status = main(["--link-site-packages", str(environment)])

            assert status == 1
            error = "virtualenv-link-bin-scripts: error: could not change the links in"
            assert capsys.readouterr().err.splitlines() == [
                f"{error} {environment}: Read-only file system",
                f"{error} {environment}/bin: Read-only file system",
                f"{error} {environment}/Lib: Read-only file system",
            ]
            assert tree(environment) == before

    def test_exfat(self, tmp_path: Path) -> None:
        """On exFAT, which has no links, virtualenv makes the environment that it makes without the plugin."""
        if not shutil.which("mkfs.exfat"):
            pytest.skip("mkfs.exfat is not installed")
        image = tmp_path / "image"
        with image.open("wb") as file:
            file.truncate(512 << 20)
        run("mkfs.exfat", image)
        with mounted(tmp_path / "exfat", "-t", "exfat-fuse", "-o", "loop", image) as directory:
            virtualenv = [sys.executable, "-m", "virtualenv", "--copies", "--without-pip"]
            run(*virtualenv, directory / "without")

            output = run(*virtualenv, "--link-bin-scripts", "--link-site-packages", directory / "with")

            assert output.count("virtualenv-link-bin-scripts: could not link ") == 3
            assert tree(directory / "with").keys() == tree(directory / "without").keys()
            prefix = run(directory / "with" / "bin" / "python", "-c", "import sys; print(sys.prefix)")
            assert prefix == f"{directory / 'with'}\n"

    def test_case_insensitive(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Where ``Lib`` and ``lib`` are the same directory, as on macOS, all links are made, checked and removed."""
        if not shutil.which("mkfs.ntfs"):
            pytest.skip("mkfs.ntfs is not installed")
        image = tmp_path / "image"
        with image.open("wb") as file:
            file.truncate(32 << 20)
        run("mkfs.ntfs", "--quick", "--force", image)
        options = ["-t", "lowntfs-3g", "-o", "loop,ignore_case,permissions"]
        with mounted(tmp_path / "mounted", *options, image) as directory:
            environment = make_environment(directory / "x")
            add_program(environment, "tool")
            before = tree(environment)
            everything = ["--link-exe", "--link-site-packages", str(environment)]

            assert main(everything) == 0
            assert (environment / "LIB" / "site-packages").samefile(environment / "lib/python3.13/site-packages")
            assert main(everything) == 0
            assert capsys.readouterr().out.endswith("mounted/x: 4 links in place\n")
            assert main(["--remove", str(environment)]) == 0

            assert tree(environment) == before
