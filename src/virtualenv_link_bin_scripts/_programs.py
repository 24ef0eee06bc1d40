"""The programs of an environment that start with an alias, and would not start without it."""

from __future__ import annotations

import os
import re

from ._filesystem import is_same

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Iterator

#: How many programs a message names.
_NAMED = 10

#: How many bytes before an alias's name may belong to its path: more than systems allow.
_LONGEST = 4096


def find_programs(scripts: str, alias: str) -> list[str]:
    r"""Find the programs that name an alias.

    pip and uv write into a program the path by which the interpreter was run that they installed it for: behind ``#!``,
    into a line for ``/bin/sh`` if it is long, or into an .exe, at whose end or in whose resources it is. So the bytes
    are searched for it, however the path to the environment is spelt.

    :param scripts: absolute path of the scripts directory
    :param alias: absolute path of the alias

    :returns: the names of the programs, sorted

    """
    directory, name = os.path.split(alias)
    pattern = re.compile(rb"[/\\]" + re.escape(os.fsencode(name)) + rb"(?![\w.-])", re.IGNORECASE)
    found = []
    for program, content in _read_files(scripts):
        candidates = (path for match in pattern.finditer(content) for path in _find_paths(content, match.start()))
        if any(is_same(candidate, directory) for candidate in candidates):
            found.append(program)
    return sorted(found)


def _read_files(scripts: str) -> Iterator[tuple[str, bytes]]:
    with os.scandir(scripts) as entries:
        for entry in entries:
            try:
                if entry.is_file(follow_symlinks=False):
                    with open(entry.path, "rb") as file:
                        yield entry.name, file.read()
            except OSError:
                pass  # what can't be read can't be a script


def _find_paths(content: bytes, end: int) -> Iterator[str]:
    """Return all that may be an absolute path and ends there: where a path begins can't be told from its bytes."""
    start = max(end - _LONGEST, content.rfind(b"\n", 0, end) + 1, content.rfind(b"\0", 0, end) + 1)
    text = content[start:end].decode("utf-8", "surrogateescape")
    for index in range(len(text)):
        if os.path.isabs(text[index:]):
            yield text[index:]


def describe_programs(programs: list[str], scripts: str) -> str:
    """Tell which programs start with an alias, and what to do.

    :param programs: the names of the programs
    :param scripts: absolute path of the scripts directory

    :returns: the end of a message

    """
    named = ", ".join(programs[:_NAMED])
    more = f" and {len(programs) - _NAMED} more" if len(programs) > _NAMED else ""
    python = os.path.join(scripts, "python")
    return (
        f"these programs start with it: {named}{more}; reinstall their packages with"
        f" {python} -m pip install --force-reinstall or uv sync --reinstall, or remove it all the same with --force"
    )
