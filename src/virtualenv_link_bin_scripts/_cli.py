"""The command, for environments that virtualenv did not create."""

from __future__ import annotations

import argparse
import os
import sys

from ._config import resolve_wanted
from ._environment import Environment, LayoutError, find_directory
from ._link import LinkError, remove
from ._options import LINKS, add_options, dest

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

_PROGRAM = "virtualenv-link-bin-scripts"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    :param arguments: what follows its name on the command line, by default that of this process

    :returns: the exit status: 1 if anything went wrong

    """
    parser = _create_parser()
    options = parser.parse_args(arguments)
    if options.force and not options.remove:
        parser.error("--force goes with --remove")
    decided = {name: value for name in LINKS if (value := getattr(options, dest(name))) is not None}
    console = _Console(quiet=options.quiet)
    for path in options.environments or [None]:
        try:
            directory = find_directory(os.environ) if path is None else path
            if options.ignore_missing and not os.path.lexists(directory):
                continue
            environment = Environment.from_directory(directory)
        except LayoutError as error:
            console.error(error)
        else:
            if options.remove:
                _remove(environment, decided, console, force=options.force)
            else:
                _complete(environment, decided, console, check=options.check)
    return console.status


class _Console:
    """Says what was done, and keeps count of what went wrong."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self.status = 0

    def say(self, what: str, alias: str, target: str) -> None:
        if not self._quiet:
            _print(f"{what} {_shorten(alias)} -> {target}", sys.stdout)

    def check(self, alias: str, target: str, *, in_place: bool) -> None:
        if not in_place:
            self.status = 1
        self.say("already linked" if in_place else "missing", alias, target)

    def error(self, error: object) -> None:
        self.status = 1
        _print(f"{_PROGRAM}: error: {error}", sys.stderr)


def _complete(environment: Environment, decided: dict[str, bool], console: _Console, *, check: bool) -> None:
    names, problems = resolve_wanted(environment.directory, decided, default={"bin-scripts"})
    for problem in problems:
        console.error(problem)
    if problems:
        return
    for name in names:
        try:
            link = environment.link(name)
            if link is None:
                continue
            if check:
                console.check(link.alias, link.relative_target(), in_place=link.in_place())
                continue
            made, former = link.make()
        except (LayoutError, LinkError) as error:
            console.error(error)
        else:
            target = link.relative_target() if former is None else f"{link.relative_target()} (it pointed to {former})"
            console.say("linked" if made else "already linked", link.alias, target)


def _remove(environment: Environment, decided: dict[str, bool], console: _Console, *, force: bool) -> None:
    for name in LINKS:
        alias = environment.alias(name)
        if alias is None or decided.get(name) is False:
            continue
        try:
            destination = remove(environment.directory, alias, scripts=environment.scripts, force=force)
        except LinkError as error:
            console.error(error)
        else:
            if destination is not None:
                console.say("removed", alias, destination)


def _create_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="Complete the layout of virtual environments with links, so that one path works on every system.",
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="print the version, and which virtualenv sees the plugin"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    action = parser.add_mutually_exclusive_group()
    action.add_argument(
        "--check",
        action="store_true",
        help="change nothing; report missing links, and exit with status 1 if there are any",
    )
    action.add_argument(
        "--remove",
        action="store_true",
        help="remove the links; a --no- option keeps one",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="with --remove, also remove a link that programs start with, or that points out of the environment",
    )
    parser.add_argument("--ignore-missing", action="store_true", help="skip environments that do not exist")
    add_options(parser, default=None)
    parser.add_argument(
        "environments",
        nargs="*",
        metavar="ENV",
        help="an environment's directory, or a file .venv that names one; by default the active environment if the"
        " command runs in it, else UV_PROJECT_ENVIRONMENT, else .venv in the working directory or above",
    )
    return parser


class _Version(argparse.Action):
    """Prints what to know when virtualenv does not know the options."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        for line in _versions():
            _print(line, sys.stdout)
        parser.exit()


def _versions() -> Iterator[str]:
    # Here, since metadata takes longer to import than all the rest.
    if sys.version_info >= (3, 10):  # pragma: >=3.10 cover
        from importlib import metadata
    else:  # pragma: <3.10 cover - whose own can't select
        import importlib_metadata as metadata

    try:
        yield f"{_PROGRAM} {metadata.version(_PROGRAM)}"
    except metadata.PackageNotFoundError:
        yield f"{_PROGRAM}, which is not installed"
    try:
        virtualenv = metadata.distribution("virtualenv")
    except metadata.PackageNotFoundError:
        yield "there is no virtualenv beside it"
        return
    seen = metadata.entry_points(group="virtualenv.activate", name="link-bin-scripts")
    sees = "sees" if seen else "does not see"
    yield f"virtualenv {virtualenv.version} in {virtualenv.locate_file('')} {sees} the plugin"


def _shorten(path: str) -> str:
    """Return a path relative to the working directory, if it is below that."""
    try:
        relative = os.path.relpath(path)
    except (OSError, ValueError):  # there is no working directory, or on another drive
        return path
    return path if relative.split(os.sep)[0] in {os.curdir, os.pardir} else relative


def _print(line: str, file: TextIO) -> None:
    """Print a line, also of a path whose characters the terminal does not know."""
    print(line.encode(file.encoding, "backslashreplace").decode(file.encoding), file=file)
