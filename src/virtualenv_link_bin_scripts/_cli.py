"""The command, for environments that virtualenv did not create."""

from __future__ import annotations

import argparse
import os
import sys

from ._apply import apply, remove_links
from ._config import expand, find_requested
from ._environment import Environment, LayoutError, MissingError, find_directory
from ._link import Link
from ._options import NAME, OPTIONS, add_options, option_dest

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from ._link import Result


#: How many links of one option are named; of more the number is printed.
_NAMED = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    :param arguments: what follows its name on the command line, by default that of this process
    :returns: the exit status: 1 if anything went wrong, also if the output is lost
    """
    try:
        status = _run(arguments)
    except SystemExit as error:  # by argparse
        status = int(error.code or 0)
    except KeyboardInterrupt:
        status = 130  # as shells have it
    return status if _flush_output() else status or 1


def _run(arguments: Sequence[str] | None) -> int:
    parser = _create_parser()
    try:
        options = parser.parse_args(arguments)
    except OSError:  # old argparse could not print
        return 1
    if options.version:
        return 0 if all(_print(line, sys.stdout) for line in _versions()) else 1
    if options.force and not options.remove:
        parser.error("--force requires --remove")
    status = _act(options)
    if options.exit_zero:
        status = 0
        _flush_output()  # before main does, for which lost output is a failure
    return status


def _act(options: argparse.Namespace) -> int:
    explicit = {name: value for name in OPTIONS if (value := getattr(options, option_dest(name))) is not None}
    console = _Console(quiet=options.quiet, verbose=options.verbose)
    for path in options.environments or [None]:
        try:
            place = find_directory(os.environ) if path is None else path
            environment = Environment.from_directory(place)
        except MissingError as error:
            if not options.ignore_missing:
                console.error(error)
        except LayoutError as error:
            console.error(error)
        else:
            if options.remove:
                names = expand(explicit) or [name for name in OPTIONS if name not in explicit]
                remove_links(environment, names, console, force=options.force)
            else:
                _add_or_check(environment, explicit, console, place, check=options.check)
    return console.status


def _add_or_check(
    environment: Environment, explicit: dict[str, bool], console: _Console, place: str, *, check: bool
) -> None:
    mistakes: list[str] = []
    # The project is where a file .venv names the environment, or where the command runs.
    projects = [os.path.dirname(_make_absolute(place)), _make_absolute(os.curdir)]
    requested = find_requested(
        environment.directory, explicit, mistakes.append, projects=projects, default={"bin-scripts"}
    )
    for mistake in mistakes:
        console.error(mistake)
    if not mistakes:
        apply(environment, requested, Link.check if check else Link.make, console)


class _Console:
    """Prints results and errors, and keeps the exit status."""

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._quiet = quiet
        self._named = sys.maxsize if verbose else _NAMED
        self.status = 0

    def done(self, results: Sequence[Result]) -> None:
        verbs: dict[str, list[str]] = {}
        for result in results:
            line = f"{result.verb} {_shorten(result.alias)} -> {result.destination}"
            if result.replaced is None:
                verbs.setdefault(result.verb, []).append(line)
            else:  # which nobody could find out afterwards
                verbs[line] = [f"{line} (replaced a link to {result.replaced})"]
        if verbs.keys() & {"missing", "stale"}:
            self.status = 1
        for verb, lines in verbs.items():
            for line in lines if len(lines) <= self._named else [f"{verb} NAME.exe -> NAME for {len(lines)} programs"]:
                if not (self._quiet or _print(line, sys.stdout)):
                    self.status = 1

    def error(self, problem: object) -> None:
        self.status = 1
        _print(f"{NAME}: error: {problem}", sys.stderr)


def _create_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=NAME,
        description="Complete the layout of virtual environments with links, so that one path works on every system.",
    )
    parser.add_argument(
        "--version", action="store_true", help="print the version, and which virtualenv sees the plugin"
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    output.add_argument("-v", "--verbose", action="store_true", help="name each link, however many there are")
    action = parser.add_mutually_exclusive_group()
    action.add_argument(
        "--check",
        action="store_true",
        help="change nothing; report links that are missing, or stale since their program is gone, and exit with status"
        " 1 if there are any",
    )
    action.add_argument(
        "--remove",
        action="store_true",
        help="remove all links, or only those of the --link-NAME options; --no-link-NAME keeps that link",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="with --remove, also remove a link that scripts run through, or that points elsewhere",
    )
    parser.add_argument("--ignore-missing", action="store_true", help="skip environments that do not exist")
    parser.add_argument("--exit-zero", action="store_true", help="exit with status 0 whatever goes wrong")
    add_options(parser, default=None)
    parser.add_argument(
        "environments",
        nargs="*",
        metavar="ENV",
        help="an environment's directory, or a file .venv that names one; by default the active environment if the"
        " command runs in it, else UV_PROJECT_ENVIRONMENT, else .venv in the working directory or above, else"
        " VIRTUAL_ENV",
    )
    return parser


def _versions() -> Iterator[str]:
    """Return what to know when virtualenv does not know the options."""
    # Here, since metadata takes longer to import than all the rest.
    if sys.version_info >= (3, 10):  # pragma: >=3.10 cover
        from importlib import metadata
    else:  # pragma: <3.10 cover - whose own can't select
        import importlib_metadata as metadata

    try:
        yield f"{NAME} {metadata.version(NAME)}"
    except metadata.PackageNotFoundError:
        yield f"{NAME}, which is not installed"
    try:
        virtualenv = metadata.distribution("virtualenv")
    except metadata.PackageNotFoundError:
        yield "virtualenv is not installed here"
        return
    seen = metadata.entry_points(group="virtualenv.activate", name="link-bin-scripts")
    sees = "sees" if seen else "does not see"
    yield f"virtualenv {virtualenv.version} in {virtualenv.locate_file('')} {sees} the plugin"


def _make_absolute(path: str) -> str:
    try:
        return os.path.abspath(path)
    except OSError:  # there is no working directory
        return path


def _shorten(path: str) -> str:
    """Return a path relative to the working directory, if it is below that."""
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):  # there is no working directory, or on another drive
        return path
    return path if relative.split(os.sep)[0] in {os.curdir, os.pardir} else relative


def _print(line: str, file: TextIO | None) -> bool:
    """Print a line, also of a path whose characters the terminal does not know, and return whether that is possible."""
    if file is None:  # the shell has closed it
        return False
    try:
        print(line.encode(file.encoding, "backslashreplace").decode(file.encoding), file=file)
    except OSError:  # nobody reads it any more, or the disk is full
        return False
    return True


def _flush_output() -> bool:
    """Write what is still in buffers, and return whether nothing is lost."""
    flushed = [_flush(file) for file in (sys.stdout, sys.stderr)]
    return all(flushed)


def _flush(file: TextIO | None) -> bool:
    if file is None:
        return True
    try:
        file.flush()
    except OSError:
        # Python would try again at its end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), file.fileno())
        return False
    return True
