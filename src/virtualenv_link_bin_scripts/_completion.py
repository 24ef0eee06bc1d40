"""Completing an environment for a tool that does so by itself: whatever goes wrong is logged, and never raised."""

from __future__ import annotations

import logging
import os

from ._config import resolve_wanted
from ._environment import Environment, LayoutError
from ._link import LinkError
from ._options import read_variables

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LOGGER = logging.getLogger(__name__)


def find_wanted(directory: str, decided: Mapping[str, bool]) -> list[str]:
    """Find out which links are asked for.

    :param directory: absolute path of the environment
    :param decided: what has precedence over pyproject.toml

    :returns: the names of the links

    """
    names, problems = resolve_wanted(directory, decided)
    for problem in problems:
        LOGGER.warning("%s", problem)
    return names


def make_links(environment: Environment, names: Iterable[str]) -> list[str]:
    """Make links.

    :param environment: the environment
    :param names: the names of the links

    :returns: the aliases that are in place
    :raises LayoutError: if what an alias has to point to can't be told

    """
    in_place = []
    for name in names:
        try:
            link = environment.link(name)
            if link is None:
                continue
            _, former = link.make()
        except LinkError as error:
            LOGGER.warning("%s", error)
            continue
        if former is not None:
            LOGGER.warning("%s pointed to %s, and points to %s now", link.alias, former, link.target)
        in_place.append(link.alias)
    return in_place


def complete_directory(directory: str, variables: Mapping[str, str]) -> None:
    """Complete an environment that is there, if links are asked for.

    :param directory: absolute path of the environment; one without a pyvenv.cfg is none, and passed over
    :param variables: environment variables, which have precedence over pyproject.toml

    """
    if not os.path.isfile(os.path.join(directory, "pyvenv.cfg")):
        return
    decided, problems = read_variables(variables)
    for problem in problems:
        LOGGER.warning("%s", problem)
    names = find_wanted(directory, decided)
    if names:
        try:
            make_links(Environment.from_directory(directory), names)
        except LayoutError as error:
            LOGGER.warning("%s", error)
