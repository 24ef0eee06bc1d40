"""The command, which adds links to existing environments."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from ._apply import apply, remove_links
from ._config import ConfigError, find_requested
from ._environment import Environment, LayoutError, MissingError
from ._find import find_environment, follow_redirect
from ._link import Link, Outcome
from ._options import DESTS, NAME, OPTIONS, add_options
from ._path import is_same


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    :param arguments: what follows its name on the command line, by default that of this process
    :returns: the exit status: 1 if a link is missing or stale, or if anything went wrong
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for paths with characters that the terminal lacks
    try:
        status = _run(sys.argv[1:] if arguments is None else arguments)
        print(end="", flush=True)  # so that a closed pipe is noticed here
    except BrokenPipeError:
        # Python flushes it again when it exits, and would report the error there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _run(arguments: Sequence[str]) -> int:
    parser = _create_parser()
    options = parser.parse_args(arguments)
    if options.version:
        print(*_versions(), sep="\n")
        return 0
    if options.force and not options.remove:
        parser.error("--force requires --remove")
    verbs: set[str] = set()
    for path in options.environments or [None]:
        verbs.update(_handle(path, options))
    if verbs & {"missing", "stale"} and not options.quiet:
        from shlex import join  # here, since it is seldom needed

        command = join([NAME, *(argument for argument in arguments if argument != "--check")])
        print(f"run {command} to {'add' if 'missing' in verbs else 'remove'} them")
    return 1 if verbs & {"missing", "stale", "failed"} and not options.exit_zero else 0


def _handle(path: str | None, options: argparse.Namespace) -> list[str]:
    """Act on one environment, print the outcomes, and return their verbs."""
    verbs = []
    try:
        path = os.path.abspath(find_environment(os.environ) if path is None else path)
        environment = Environment.from_directory(follow_redirect(path))
        # The table may be above the environment, a file .venv that names it, or the working directory.
        for outcome in _act(environment, [environment.directory, os.path.dirname(path), os.getcwd()], options):
            verbs.append(outcome.verb)
            _print(outcome, quiet=options.quiet)
        in_place = verbs.count("already linked")
        if in_place and not options.quiet:
            print(f"{_shorten(environment.directory)}: {in_place} link{'s' * (in_place > 1)} in place")
    except (ConfigError, LayoutError, FileNotFoundError) as error:
        if not (options.ignore_missing and isinstance(error, MissingError)):
            verbs.append("failed")
            no_directory = "the working directory does not exist" if isinstance(error, FileNotFoundError) else ""
            _print(Outcome("failed", None, no_directory or str(error)), quiet=True)
    return verbs


def _act(environment: Environment, starts: Iterable[str], options: argparse.Namespace) -> list[Outcome]:
    explicit = {name: value for name in OPTIONS if (value := getattr(options, DESTS[name])) is not None}
    if options.remove:
        named = [name for name in OPTIONS if explicit.get(name)] or [name for name in OPTIONS if name not in explicit]
        return remove_links(environment, named, force=options.force)
    requested = find_requested(starts, explicit, default={"bin-scripts"})
    return apply(environment, requested, Link.check if options.check else Link.make)


def _print(outcome: Outcome, *, quiet: bool) -> None:
    if outcome.verb == "failed":
        print(f"{NAME}: error: {outcome.detail}", file=sys.stderr)
    elif outcome.link and outcome.verb != "already linked" and not quiet:
        is_removed = outcome.verb == "removed"
        destination = outcome.detail if is_removed else outcome.link.destination
        note = f" (in place of a link to {outcome.detail})" if outcome.detail and not is_removed else ""
        print(f"{outcome.verb} {_shorten(outcome.link.path)} -> {destination}{note}")


def _shorten(path: str) -> str:
    """Return a path relative to the working directory, if it is inside that."""
    return path.removeprefix(os.path.join(os.getcwd(), ""))


def _create_parser() -> argparse.ArgumentParser:
    description = "Add links to environments, so that one path works on every system; by default those of bin-scripts."
    parser = argparse.ArgumentParser(prog=NAME, description=description, allow_abbrev=False)
    parser.add_argument("--version", action="store_true", help="print the version, and which virtualenv has the plugin")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    action = parser.add_mutually_exclusive_group()
    text = "change nothing; exit with status 1 if a link is missing or stale (its program has been uninstalled)"
    action.add_argument("--check", action="store_true", help=text)
    text = "remove all links, or only those of --link-NAME, or all but those of --no-link-NAME"
    action.add_argument("--remove", action="store_true", help=text)
    text = "with --remove, also remove links that scripts run through, which breaks the scripts"
    parser.add_argument("--force", action="store_true", help=text)
    parser.add_argument("--ignore-missing", action="store_true", help="skip environments that do not exist")
    parser.add_argument("--exit-zero", action="store_true", help="exit with status 0 even if something goes wrong")
    add_options(parser, default=None)
    text = (
        "an environment's directory, or a file .venv that names one; by default the environment that the command runs"
        " in (uv run), or UV_PROJECT_ENVIRONMENT if set, or .venv in the working directory or above, or VIRTUAL_ENV"
    )
    parser.add_argument("environments", nargs="*", metavar="ENV", help=text)
    return parser


def _versions() -> Iterator[str]:
    # Here, since nothing else needs them, and they take longer to import than everything else.
    from importlib import metadata
    from shutil import which

    yield f"{NAME} {metadata.version(NAME)}"
    virtualenv = metadata.distribution("virtualenv")
    yield f"virtualenv {virtualenv.version} in {virtualenv.locate_file('')} has the plugin"
    path = os.environ.get("PATH", "")
    if "UV" in os.environ and not is_same(os.environ.get("VIRTUAL_ENV", ""), sys.prefix):
        path = path.partition(os.pathsep)[2]  # without the environment that uvx has put first
    other = which("virtualenv", path=path)
    if other:
        with open(other, "rb") as file:
            if os.fsencode(sys.prefix) not in file.read():  # which names its interpreter
                yield f"virtualenv on your PATH is another one: {other}"
