"""Make, check or remove the links of an environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from ._environment import Environment, LayoutError, layout_errors
from ._link import Link, LinkError, Outcome
from ._programs import find_scripts, read_scripts


def apply(environment: Environment, options: Iterable[str], act: Callable[[Link], Outcome | None]) -> list[Outcome]:
    """Act on every link of the options; a failure does not stop the rest.

    :param environment: the environment
    :param options: keys of :data:`._options.OPTIONS`
    :param act: what to do with a link, such as :meth:`.Link.make`
    :returns: the outcomes, failures included
    """
    outcomes: list[Outcome] = []
    failures = set()
    for option in options:
        try:
            for link in environment.links(option):
                try:
                    outcome = act(link)
                except LinkError as error:
                    # It is the same for every link in a directory that may not be changed: once is enough.
                    outcome = None if str(error) in failures else Outcome("failed", link, str(error))
                    failures.add(str(error))
                outcomes += [outcome] if outcome else []
        except LayoutError as error:
            outcomes.append(Outcome("failed", None, str(error)))
    return outcomes


def remove_links(environment: Environment, options: Iterable[str], *, force: bool) -> list[Outcome]:
    """Remove every link of the options, except those that scripts run through.

    :param environment: the environment
    :param options: keys of :data:`._options.OPTIONS`
    :param force: whether to remove those, too
    :returns: the outcomes, failures included
    :raises LayoutError: if a script can't be read; nothing has been removed then
    """
    with layout_errors():
        contents = {} if force else read_scripts(environment.scripts)

    def remove(link: Link) -> Outcome | None:
        names = find_scripts(contents, link.path) if os.path.lexists(link.path) else []
        if not names:
            return link.remove()
        run, them = ("runs", "it") if len(names) == 1 else ("run", "them")
        install = f"{environment.python} -m pip install --force-reinstall or uv sync --reinstall"
        way_out = f"reinstall {them} with {install}, or pass --force, which breaks {them}"
        return link.remove(f"{', '.join(names)} {run} through it; {way_out}")

    return apply(environment, options, remove)
