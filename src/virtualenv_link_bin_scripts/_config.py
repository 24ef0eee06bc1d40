"""The table ``[tool.virtualenv-link-bin-scripts]`` of pyproject.toml, in which a project asks for links."""

from __future__ import annotations

import os
import stat
import sys

from ._options import LINKS

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_NAME = "virtualenv-link-bin-scripts"
_TABLE = f"tool.{_NAME}"


def resolve_wanted(
    environment: str, decided: Mapping[str, bool], default: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """Decide which links are asked for.

    :param environment: absolute path of the environment
    :param decided: what has precedence over pyproject.toml, which is read only if that leaves a link open
    :param default: the links that are asked for if nothing says otherwise

    :returns: the names of the links; and what :func:`read` says of mistakes

    """
    wanted = dict.fromkeys(default, True)
    problems: list[str] = []
    if len(decided) < len(LINKS):
        configured, problems = read(environment)
        wanted.update(configured)
    wanted.update(decided)
    return [name for name in LINKS if wanted.get(name)], problems


def read(environment: str) -> tuple[dict[str, bool], list[str]]:
    """Read the table of the project that an environment belongs to.

    The nearest pyproject.toml above the environment that has the table counts. One that can't be understood, and so may
    have it, ends the search.

    :param environment: absolute path of the environment

    :returns: which links the project wants (``True``) or refuses (``False``), by their names in
        :data:`._options.LINKS`; and a message for each mistake, which names the file, the key and what was expected

    """
    for path in _candidates(environment):
        try:
            table = _table(path)
        except ValueError as error:
            return {}, [f"{path}: {error}"]
        if table is not None:
            problems = [f"{path}: {problem}" for problem in _problems(table)]
            return {key: value for key, value in table.items() if key in LINKS and isinstance(value, bool)}, problems
    return {}, []


def _candidates(environment: str) -> Iterator[str]:
    """Find the files that may have the table, the nearest first."""
    directory, parent = environment, os.path.dirname(environment)
    while parent != directory:
        path = os.path.join(parent, "pyproject.toml")
        try:
            if stat.S_ISREG(os.stat(path).st_mode):  # opening a FIFO or a device might never end
                yield path
        except OSError:
            pass  # there is none
        directory, parent = parent, os.path.dirname(parent)


def _table(path: str) -> dict[str, object] | None:
    """Return a file's table, ``None`` if it has none.

    :raises ValueError: if that can't be said

    """
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except OSError as error:
        raise ValueError(f"could not be read - {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"expected UTF-8 - {error}") from error
    if _NAME not in text:
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
    table = tool.get(_NAME) if isinstance(tool, dict) else None
    if table is None or isinstance(table, dict):
        return table
    raise ValueError(f"{_TABLE} is {table!r}, expected a table")


def _problems(table: dict[str, object]) -> Iterator[str]:
    for key, value in table.items():
        if key not in LINKS:
            from difflib import get_close_matches

            (closest,) = get_close_matches(key, LINKS, n=1, cutoff=0)
            yield f"{_TABLE}.{key} is unknown, did you mean {closest}?"
        elif not isinstance(value, bool):
            yield f"{_TABLE}.{key} is {value!r}, expected true or false"
