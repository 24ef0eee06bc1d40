"""Scripts that run through an alias, and would not run without it."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys

from ._filesystem import strip_prefix

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

#: How many scripts a message names.
_NAMED = 10

#: How many bytes at the beginning of a script may name its interpreter.
_HEAD = 8192

#: How many bytes at the end of a Windows program have what pip and uv 0.7 append to a launcher, or the resources that
#: uv 0.13 adds: both were found in the last 3 KB. The rest is for what a signature may add.
_TAIL = 16 * 1024

#: How many characters a path may have.
_LONGEST = 4096

#: What uv writes in a relocatable environment for the directory of the script, before the interpreter's name.
_OWN_DIRECTORY = re.compile(rb"""\A'''exec' "\$\(.*\)"/['"]?""")

#: Letters in lower case; and control characters of a Windows program, of which no path has any there, as zeros.
_FOLDED = bytes(range(256)).lower()
_FOLDED_PROGRAM = bytes(32) + _FOLDED[32:]

#: What uv writes for an apostrophe in a path.
_APOSTROPHE = b"'\"'\"'"

#: What the system says of a path that leads nowhere.
_NOWHERE = {errno.EINVAL, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR}

#: Where a path can begin, with a drive, with dots, or with neither.
_BEGIN = rb"""(?P<begin>(?:(?<=[ "'!=])|\A)(?=(?:[A-Za-z]:|\.\.?)?[/\\]))"""


def find_scripts(scripts: str, aliases: Collection[str]) -> dict[str, list[str]]:
    """Find the scripts that run through aliases, and the links that lead through them.

    pip and uv write into a script the path of the interpreter that it is installed for: behind ``#!``, into a line for
    ``/bin/sh`` below that if it is long or the environment relocatable, or into an .exe, at whose end or in whose
    resources it is. It is found however the path to the environment is spelt.

    :param scripts: absolute path of the scripts directory
    :param aliases: absolute paths of the aliases
    :returns: for each alias the names of the scripts, sorted
    :raises OSError: if the scripts directory, or a file in it, can't be read
    """
    found: dict[str, list[str]] = {alias: [] for alias in aliases}
    if not found:
        return found
    by_name: dict[bytes, list[str]] = {}
    for alias in aliases:
        by_name.setdefault(os.fsencode(os.path.basename(alias)).lower(), []).append(alias)
    names = b"|".join(map(re.escape, by_name))
    # Most names of many have an end in common, so looking for these takes no longer.
    ends = b"|".join({re.escape(b".exe" if name.endswith(b".exe") else name) for name in by_name})
    end_pattern = re.compile(rb"(?:" + ends + rb")(?![\w.-])")
    path_pattern = re.compile(_BEGIN + rb"|[/\\](?P<name>" + names + rb")(?![\w.-])", re.IGNORECASE)
    for script in sorted(os.listdir(scripts)):
        paths: dict[bytes, set[str]] = {}
        for line in _find_lines(*_read(scripts, script), end_pattern):
            for path, name in _find_paths(line, path_pattern):
                paths.setdefault(name, set()).add(path)
        for alias, candidates in ((alias, paths[name]) for name in paths for alias in by_name[name]):
            directory = os.path.dirname(alias)
            if any(_means(os.path.join(scripts, path), directory) for path in candidates):
                found[alias].append(script)
    return found


def _read(scripts: str, name: str) -> tuple[bytes, bytes]:
    """Return the part of a script that names its interpreter, or a link's destination; nothing of anything else.

    Lines in it are separated by zeros, if only once it is folded, for which the table is returned, too.

    :raises OSError: if the system refuses; what can't be read may be a script of somebody else
    """
    path = os.path.join(scripts, name)
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            return os.fsencode(os.path.join(scripts, os.readlink(path))), _FOLDED
        if not stat.S_ISREG(mode):
            return b"", _FOLDED
        # Without waiting, in case a FIFO has taken its place.
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            head = os.read(file, _HEAD)
            if head.startswith(b"#!"):
                first, _, below = head.partition(b"\n")
                # It ends before a line that ends the string, so a path may have a line feed in it.
                below = below.partition(b"\n' '''")[0] if below.startswith(b"'''exec'") else b""
                return first + b"\0" + _OWN_DIRECTORY.sub(b" ./", below).replace(_APOSTROPHE, b"'"), _FOLDED
            if head.startswith(b"MZ"):
                os.lseek(file, max(os.fstat(file).st_size - _TAIL, 0), os.SEEK_SET)
                return os.read(file, _TAIL), _FOLDED_PROGRAM
        finally:
            os.close(file)
    except FileNotFoundError:  # by now
        pass
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error
    return b"", _FOLDED


def _find_lines(content: bytes, table: bytes, pattern: re.Pattern[bytes]) -> Iterator[bytes]:
    """Find the lines that may have an alias's name: most files have none, so none of them costs more than a look."""
    folded = content.translate(table)
    end = -1
    for match in pattern.finditer(folded):
        if match.start() > end:
            start, end = folded.rfind(b"\0", 0, match.start()) + 1, folded.find(b"\0", match.end())
            end = len(content) if end < 0 else end
            yield content[start:end]


def _find_paths(line: bytes, pattern: re.Pattern[bytes]) -> Iterator[tuple[str, bytes]]:
    """Find the paths in a line that lead through something with an alias's name.

    A path may have blanks in it, so it is taken to begin at the first place where one can begin, or at the last.

    :param line: a line
    :param pattern: what finds the beginnings of paths, and the names
    :returns: pairs of the path up to the name, and the name in lower case
    """
    first = last = -1
    for match in pattern.finditer(line):
        if match["name"] is None:
            first, last = (match.start() if first < 0 else first), match.start()
            continue
        for begin in {first, last}:
            if begin >= 0 and match.start() - begin <= _LONGEST:
                path = line[begin : match.start()].decode(sys.getfilesystemencoding(), "surrogateescape")
                yield path or os.sep, match["name"].lower()


def _means(path: str, directory: str) -> bool:
    """Return whether a path means a directory, without a look at shares of Windows, which may take long."""
    path = strip_prefix(path)
    if os.path.normcase(os.path.normpath(path)) == os.path.normcase(directory):
        return True
    if path.startswith("\\\\") or (sys.platform == "win32" and path.startswith("//")):
        return False
    try:
        return os.path.samefile(path, directory)
    except OSError as error:
        if error.errno in _NOWHERE:
            return False
        raise


def describe_scripts(names: Sequence[str], scripts: str) -> str:
    """Describe scripts that run through an alias, and what to do.

    :param names: the names of the scripts
    :param scripts: absolute path of the scripts directory
    :returns: the end of a message
    """
    named = ", ".join(names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    python = os.path.join(scripts, "python")
    return (
        f"these scripts run through it: {named}{more}; reinstall their packages with"
        f" {python} -m pip install --force-reinstall or uv sync --reinstall, or pass --force to remove it anyway"
    )
