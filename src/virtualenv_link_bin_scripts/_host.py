"""What the plugins for virtualenv, tox and PDM share."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from ._apply import apply
from ._config import ConfigError, find_requested, read_variables
from ._environment import Environment, LayoutError
from ._link import Link
from ._options import NAME


@cache
def _warn(message: str) -> None:
    """Log a warning, once in a process: in tox, virtualenv's plugin and tox's find the same mistakes."""
    logging.getLogger(__name__).warning("%s: %s", NAME, message)


@contextmanager
def never_fail() -> Iterator[None]:
    """Log whatever goes wrong: an exception in a plugin would stop its host."""
    try:
        yield
    except (ConfigError, LayoutError) as error:
        _warn(str(error))
    except Exception as error:  # noqa: BLE001 - the host must go on
        _warn(f"could not add links: {error!r}")


def make_links(environment: Environment, requested: Iterable[str]) -> list[str]:
    """Make the links, and log what failed and what was replaced.

    :param environment: the environment
    :param requested: keys of :data:`._options.OPTIONS`
    :returns: the aliases that are in place
    """
    in_place = []
    for outcome in apply(environment, requested, Link.make):
        if outcome.verb == "failed":
            _warn(outcome.detail)
        elif outcome.link and outcome.verb in {"linked", "already linked"}:
            in_place.append(outcome.link.path)
            if outcome.detail:
                _warn(f"replaced {outcome.link.path}, which pointed to {outcome.detail}")
    return in_place


def make_links_in(directory: str, variables: Mapping[str, str], project: str) -> None:
    """Make the requested links of an environment, whichever tool has created it.

    :param directory: absolute path of the environment; nothing happens if there is none
    :param variables: environment variables, which have precedence over pyproject.toml
    :param project: absolute path of the project, whose table counts if there is none in or above the environment
    :raises ConfigError: if a setting is wrong
    :raises LayoutError: if the layout is unknown
    """
    if os.path.isfile(os.path.join(directory, "pyvenv.cfg")):
        requested = find_requested([directory, project], read_variables(variables))
        if requested:  # otherwise an unknown layout would be reported
            make_links(Environment.from_directory(directory), requested)
