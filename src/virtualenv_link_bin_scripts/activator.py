"""The seam to virtualenv."""

from __future__ import annotations

from pathlib import Path

from virtualenv.activation.activator import Activator

from ._options import LINKS, add_options, dest

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from argparse import ArgumentParser

    from python_discovery import PythonInfo
    from virtualenv.config.cli.parser import VirtualEnvOptions
    from virtualenv.create.creator import Creator


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
        # Here, since tox asks for a session on every call, and seldom for an environment.
        from ._completion import find_wanted, make_links
        from ._environment import Environment

        environment = Environment.from_creator(creator)
        names = find_wanted(environment.directory, self._read_options())
        return [Path(alias) for alias in make_links(environment, names)]

    def _read_options(self) -> dict[str, bool]:
        """Return what is set in one of virtualenv's own ways."""
        return {
            name: getattr(self._options, dest(name))
            for name in LINKS
            if self._options.get_source(dest(name)) != "default"
        }
