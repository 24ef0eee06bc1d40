"""What the plugin and the command cost, as ratios.

Each pair of commands alternates, so that whatever else the machine does meets both. A ratio is given as the median of
all pairs, with the quartiles. Nothing here asserts a time.

"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import distlib  # type: ignore[import-untyped]
import pyperf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OPTIONS = ["--link-bin-scripts", "--link-site-packages"]  # three links
TABLE = "[tool.virtualenv-link-bin-scripts]\nbin-scripts = true\nsite-packages = true\n"


class Cost(NamedTuple):
    """What a process took: seconds of the processor, seconds by the clock, and KiB of memory at the most."""

    processor: float
    clock: float
    memory: int


def cost(command: Sequence[str | Path], cwd: Path) -> Cost:
    """Run a command."""
    start = pyperf.perf_counter()
    process = subprocess.Popen(list(map(str, command)), cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    clock = pyperf.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} failed")
    return Cost(usage.ru_utime + usage.ru_stime, clock, usage.ru_maxrss)


def show(what: str, aim: str, pairs: Sequence[tuple[float, float]]) -> None:
    """Print the ratio of what was measured in pairs."""
    low, middle, high = statistics.quantiles([first / second for first, second in pairs], n=4)
    print(f"{what:<84} {middle:6.3f}  ({low:.3f} to {high:.3f})  aim: {aim}", flush=True)


def with_and_without(directory: Path, wheel: str) -> None:
    """Compare virtualenv and tox with the plugin beside them to both alone."""
    pythons = {}
    for name, packages in {"with": [wheel], "without": ["virtualenv"]}.items():
        subprocess.check_call([sys.executable, "-m", "venv", directory / name])
        pythons[name] = directory / name / "bin" / "python"
        subprocess.check_call([pythons[name], "-m", "pip", "install", "--quiet", "tox", *packages])
    (directory / "plain").mkdir()
    (directory / "project").mkdir()
    (directory / "project" / "pyproject.toml").write_text(TABLE, encoding="utf-8")

    def created(python: Path, cwd: Path, *options: str) -> float:
        spent = cost([python, "-m", "virtualenv", *options, "x"], cwd).processor
        shutil.rmtree(cwd / "x")
        return spent

    for python in pythons.values():
        created(python, directory / "plain")
    for what, aim, cwd, options in (
        ("virtualenv, plugin there and not asked / virtualenv alone (processor)", "1.01", "plain", []),
        ("virtualenv, three links and pyproject.toml / virtualenv alone (processor)", "1.02", "project", OPTIONS[:1]),
    ):
        pairs = [
            (created(pythons["with"], directory / cwd, *options), created(pythons["without"], directory / "plain"))
            for _ in range(60)
        ]
        show(what, aim, pairs)

    (directory / "plain" / "tox.ini").touch()

    def started(name: str) -> float:
        return cost([pythons[name], "-m", "tox", "list"], directory / "plain").processor

    started("with"), started("without")
    pairs = [(started("with"), started("without")) for _ in range(200)]  # since one is short, and they differ little
    show("tox list, with the plugin / without (processor)", "1.01", pairs)


def in_process(directory: Path) -> None:
    """Compare the plugin's work within virtualenv's process to the bare system calls."""
    from virtualenv.run import session_via_cli

    from virtualenv_link_bin_scripts.activator import LinkBinScriptsActivator

    code = """
import sys, virtualenv.run, virtualenv.activation, pyperf
before = pyperf.perf_counter()
import virtualenv_link_bin_scripts.activator
print(pyperf.perf_counter() - before)
"""
    seconds = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(30)]
    low, middle, high = (1000 * second for second in statistics.quantiles(seconds, n=4))
    print(f"{'importing the plugin after virtualenv, in ms':<84} {middle:6.3f}  ({low:.3f} to {high:.3f})  aim: 1")

    environment = directory / "x"
    for what, options, programs, count in (
        ("three links", OPTIONS, 0, 3000),
        ("200 programs", ["--link-exe"], 198, 50),
    ):
        session = session_via_cli(["--without-pip", *options, str(environment)], setup_logging=False)
        session.creator.run()
        for number in range(programs):  # besides python3 and python3.13
            (environment / "bin" / f"program{number}").touch(mode=0o755)
        (activator,) = (a for a in session.activators if isinstance(a, LinkBinScriptsActivator))
        compare(f"generate with {what}", partial(activator.generate, session.creator), count)


def compare(what: str, generate: Callable[[], Sequence[Path]], count: int) -> None:
    """Compare making links, and finding them made, to the bare system calls."""
    links = [(os.readlink(alias), str(alias)) for alias in generate()]

    def timed(function: Callable[[], object], *, again: bool = False) -> float:
        for _, alias in links if not again else ():
            os.unlink(alias)
        start = pyperf.perf_counter()
        function()
        return float(pyperf.perf_counter() - start)

    def bare() -> None:
        for content, alias in links:
            os.symlink(content, alias)

    pairs = [(timed(generate), timed(bare)) for _ in range(count)]
    show(f"{what} / the same number of bare os.symlink", "3, where a link costs 10 microseconds", pairs)
    ours, theirs = (1e6 * statistics.median(seconds) for seconds in zip(*pairs))
    print(f"{f'{what}, and bare: microseconds':<84} {ours:6.1f} {theirs:6.1f}")
    again = statistics.median(timed(generate, again=True) for _ in range(count))
    print(f"{f'{what}, all there: microseconds':<84} {1e6 * again:6.1f}")


def command(directory: Path) -> None:
    """Compare the command to a Python that does nothing, and to a loop of os.symlink."""
    environments = []
    for number in range(10_000):
        environment = directory / str(number) / ".venv"
        for name in ("bin", "lib/python3.13/site-packages"):
            (environment / name).mkdir(parents=True)
        for name in ("bin/python", "pyvenv.cfg"):
            (environment / name).touch()
        environments.append(environment)
    script = Path(sys.executable).with_name("virtualenv-link-bin-scripts")
    loop = """
import os, sys
for path in sys.argv[1:]:
    os.symlink("bin", path + "/Scripts")
    os.symlink("python", path + "/bin/python.exe")
"""

    def spent(run: Sequence[str | Path], count: int) -> Cost:
        result = cost([*run, *environments[:count]], directory)
        for environment in environments[:count]:
            (environment / "Scripts").unlink()
            (environment / "bin" / "python.exe").unlink()
        return result

    def start() -> tuple[float, float]:
        started = spent([script], 1).clock
        return started, cost([sys.executable, "-I", "-c", "import argparse"], directory).clock

    start()
    show("the command / python -I -c 'import argparse' (clock)", "1.5", [start() for _ in range(60)])

    alone = spent([script], 1)
    pairs = []
    for _ in range(7):
        ours, bare = spent([script], 10_000), spent([sys.executable, "-I", "-c", loop], 10_000)
        ours_alone, bare_alone = spent([script], 1), spent([sys.executable, "-I", "-c", loop], 1)
        pairs.append((ours.processor - ours_alone.processor, bare.processor - bare_alone.processor))
    show("the command over 10,000 environments / a loop of os.symlink (processor)", "5", pairs)
    for count in (100, 10_000):
        results = [spent([script], count) for _ in range(5)]
        time = statistics.median((result.processor - alone.processor) / (count - 1) for result in results)
        memory = statistics.median((result.memory - alone.memory) / (count - 1) for result in results)
        what = f"the command, each of {count:,} environments: microseconds"
        print(f"{what:<84} {1e6 * time:6.1f}")
    print(f"{'the command, each of 10,000 environments: KiB of memory':<84} {memory:6.2f}  aim: 1")


def search(directory: Path) -> None:
    """Compare the search for scripts that run through an alias to reading the files once."""
    from virtualenv_link_bin_scripts._programs import find_scripts, read_scripts

    scripts = directory / "bin"
    scripts.mkdir()
    (scripts.with_name("Scripts")).symlink_to("bin")
    for number in range(200):
        script = f"#!{scripts}/python\nimport sys\nfrom module import main\nsys.exit(main())\n"
        (scripts / f"script{number}").write_text(script, encoding="utf-8")
    for number in range(3):
        (scripts / f"program{number}").write_bytes(b"\x7fELF" + os.urandom(32 << 20))
    (scripts / "minified.js").write_bytes(b"#!/usr/bin/env node\n" + b"/Scripts" * 16_384)

    def timed(function: Callable[[], object]) -> float:
        start = pyperf.perf_counter()
        function()
        return float(pyperf.perf_counter() - start)

    def read() -> None:
        for path in scripts.iterdir():
            path.read_bytes()

    aliases = [str(scripts.with_name("Scripts")), str(scripts / "python.exe")]

    def find() -> None:
        contents = read_scripts(str(scripts))
        for alias in aliases:
            find_scripts(contents, alias)

    pairs = [(timed(find), timed(read)) for _ in range(30)]
    show("searching 200 scripts, 96 MB of programs, 128 KB of names / reading them once", "2", pairs)

    launcher = Path(distlib.__file__).with_name("t64.exe").read_bytes()  # pip's, too
    shutil.rmtree(scripts)
    scripts.mkdir()
    for number in range(200):
        content = launcher + f"#!{scripts}\\python.exe\r\n".encode() + b"PK\3\4" + bytes(300)
        (scripts / f"script{number}.exe").write_bytes(content)
    del aliases[1:]  # Windows has no second one that so many launchers would name
    pairs = [(timed(find), timed(read)) for _ in range(30)]
    show("searching 200 launchers of Windows / reading them once", "2", pairs)


def main() -> None:
    """Run everything."""
    print(f"Python {sys.version.split()[0]}, {os.uname().sysname} {os.uname().release}, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for part in ("virtualenv", "process", "command", "search"):
            (directory / part).mkdir()
        with_and_without(directory / "virtualenv", os.environ["TOX_PACKAGE"])
        in_process(directory / "process")
        command(directory / "command")
        search(directory / "search")


if __name__ == "__main__":
    main()
