"""The loop over the links of an environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from ._environment import Environment, LayoutError, explained
from ._link import Link, LinkError, Outcome
from ._programs import find_scripts, read_scripts


def apply(environment: Environment, options: Iterable[str], act: Callable[[Link], Outcome | None]) -> Iterator[Outcome]:
    """Act on every link of the options; a failure does not stop the rest.

    :param environment: the environment
    :param options: keys of :data:`._options.OPTIONS`
    :param act: ``Link.make``, ``Link.check`` or ``Link.remove``
    :returns: the outcomes, failures included; one that concerns a whole directory comes once
    """
    failures = set()
    for option in options:
        try:
            for link in environment.links(option):
                try:
                    outcome = act(link)
                except LinkError as error:
                    outcome = None if str(error) in failures else Outcome("failed", link, str(error))
                    failures.add(str(error))
                if outcome:
                    yield outcome
        except LayoutError as error:
            yield Outcome("failed", None, str(error))


def remove_links(environment: Environment, options: Iterable[str], *, force: bool) -> Iterator[Outcome]:
    """Remove every link of the options, except those that scripts run through.

    :param environment: the environment
    :param options: keys of :data:`._options.OPTIONS`
    :param force: whether to remove those, too
    :returns: the outcomes
    :raises LayoutError: if a script can't be read; nothing has been removed then
    """
    with explained():
        contents = {} if force else read_scripts(environment.scripts)

    def remove(link: Link) -> Outcome | None:
        names = find_scripts(contents, link.path) if os.path.lexists(link.path) else []
        if names:
            run, them = ("runs", "it") if len(names) == 1 else ("run", "them")
            reinstall = (
                f"reinstall {them} with {environment.python} -m pip install --force-reinstall or uv sync --reinstall"
            )
            reason = f"{', '.join(names)} {run} through it; {reinstall}, or pass --force, which breaks {them}"
            raise LinkError(f"kept {link.path}: {reason}")
        return link.remove()

    return apply(environment, options, remove)
