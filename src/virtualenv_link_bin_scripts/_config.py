"""What is requested: explicitly, or in the table ``[tool.virtualenv-link-bin-scripts]`` of pyproject.toml."""

from __future__ import annotations

import os
import stat
import sys

from ._options import NAME, OPTIONS

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

_TABLE = f"tool.{NAME}"


def find_requested(
    environment: str,
    explicit: Mapping[str, bool],
    report: Callable[[str], object],
    *,
    projects: Iterable[str] = (),
    default: Collection[str] = (),
) -> list[str]:
    """Find out which options are requested for an environment.

    :param environment: absolute path of the environment
    :param explicit: what has precedence over pyproject.toml, which is read only if that leaves an option open
    :param report: called with a message for each mistake, which names the file, the key and what was expected
    :param projects: absolute paths of directories, in or above which the table is sought if the environment has none
    :param default: the options that are requested if nothing says otherwise

    :returns: names of :data:`._options.OPTIONS`

    """
    requested = dict.fromkeys(default, True)
    if len(explicit) < len(OPTIONS):
        requested.update(_read([environment, *projects], report))
    requested.update(explicit)
    return [name for name in OPTIONS if requested.get(name)]


def _read(starts: Iterable[str], report: Callable[[str], object]) -> dict[str, bool]:
    """Return which options are requested (``True``) or refused (``False``) by the nearest table.

    It is sought in the starts and above, in their order. A pyproject.toml that can't be understood, and so may have the
    table, ends the search.
    """
    for path in _candidates(starts):
        try:
            table = _read_table(path)
        except ValueError as error:
            report(f"{path}: {error}")
            return {}
        if table is not None:
            for mistake in _mistakes(table):
                report(f"{path}: {mistake}")
            return {key: value for key, value in table.items() if key in OPTIONS and isinstance(value, bool)}
    return {}


def _candidates(starts: Iterable[str]) -> Iterator[str]:
    """Find the files that may have the table, the nearest first."""
    for directory in dict.fromkeys(directory for start in starts for directory in _upwards(start)):
        path = os.path.join(directory, "pyproject.toml")
        try:
            if stat.S_ISREG(os.stat(path).st_mode):  # opening a FIFO or a device might never end
                yield path
        except OSError:
            pass  # there is none


def _upwards(directory: str) -> Iterator[str]:
    above = ""
    while directory != above:
        yield directory
        directory, above = os.path.dirname(directory), directory


def _read_table(path: str) -> dict[str, object] | None:
    """Return a file's table, ``None`` if it has none.

    :raises ValueError: if the file can't be understood

    """
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except OSError as error:
        raise ValueError(f"could not be read - {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"expected UTF-8 - {error}") from error
    if NAME not in text:
        return None

    # Here, since few files get so far.
    if sys.version_info >= (3, 11):  # pragma: >=3.11 cover
        import tomllib
    else:  # pragma: <3.11 cover
        import tomli as tomllib

    try:
        tool = tomllib.loads(text).get("tool")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"expected TOML - {error}") from error
    table = tool.get(NAME) if isinstance(tool, dict) else None
    if table is None or isinstance(table, dict):
        return table
    raise ValueError(f"{_TABLE} is {table!r}, expected a table")


def _mistakes(table: dict[str, object]) -> Iterator[str]:
    for key, value in table.items():
        if key not in OPTIONS:
            from difflib import get_close_matches

            (closest,) = get_close_matches(key, OPTIONS, n=1, cutoff=0)
            yield f"{_TABLE}.{key} is unknown, did you mean {closest}?"
        elif not isinstance(value, bool):
            yield f"{_TABLE}.{key} is {value!r}, expected true or false"
