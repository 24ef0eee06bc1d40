"""The seam to virtualenv."""

from __future__ import annotations

import logging
from pathlib import Path

from virtualenv.activation.activator import Activator

from . import _config
from ._environment import Environment
from ._link import LinkError
from ._options import LINKS, add_options, dest

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from argparse import ArgumentParser

    from python_discovery import PythonInfo
    from virtualenv.config.cli.parser import VirtualEnvOptions
    from virtualenv.create.creator import Creator

LOGGER = logging.getLogger(__name__)


class LinkBinScriptsActivator(Activator):
    """Adds the links that were asked for to the environment that virtualenv has created.

    :param options: virtualenv's options, with those of :meth:`add_parser_arguments` among them

    """

    def __init__(self, options: VirtualEnvOptions) -> None:
        super().__init__(options)
        self._options = options

    @classmethod
    def add_parser_arguments(cls, parser: ArgumentParser, interpreter: PythonInfo) -> None:  # noqa: ARG003
        """Add the options to virtualenv's.

        :param parser: virtualenv's parser
        :param interpreter: the interpreter that the environment is made for

        """
        add_options(parser, default=False)

    def generate(self, creator: Creator) -> list[Path]:
        """Make the links that were asked for.

        What the file system refuses is logged and never raised: an exception would leave the environment without the
        activation scripts that virtualenv has yet to write.

        :param creator: the creator of the environment

        :returns: the aliases that are in place; virtualenv names an activator in its summary if there are any

        """
        environment = Environment.from_creator(creator)
        in_place = []
        for name in self._asked_for(environment):
            link = environment.link(name)
            if link is None:
                continue
            try:
                _, former = link.make()
            except LinkError as error:
                LOGGER.warning("%s", error)
                continue
            if former is not None:
                LOGGER.warning("%s pointed to %s, and points to %s now", link.alias, former, link.target)
            in_place.append(Path(link.alias))
        return in_place

    def _asked_for(self, environment: Environment) -> list[str]:
        """Decide on each link: virtualenv's own ways to set an option come before the project's pyproject.toml."""
        decided = {
            name: getattr(self._options, dest(name))
            for name in LINKS
            if self._options.get_source(dest(name)) != "default"
        }
        names, problems = _config.asked_for(environment.directory, decided)
        for problem in problems:
            LOGGER.warning("%s", problem)
        return names
