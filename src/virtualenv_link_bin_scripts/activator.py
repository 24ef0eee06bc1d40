"""The seam to virtualenv."""

from __future__ import annotations

from pathlib import Path

from virtualenv.activation.activator import Activator

from ._options import OPTIONS, add_options, option_dest

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from argparse import ArgumentParser

    from python_discovery import PythonInfo
    from virtualenv.config.cli.parser import VirtualEnvOptions
    from virtualenv.create.creator import Creator


class LinkBinScriptsActivator(Activator):
    """Adds the requested links to the environment that virtualenv has created.

    :param options: virtualenv's options, including those of :meth:`add_parser_arguments`
    """

    def __init__(self, options: VirtualEnvOptions) -> None:
        super().__init__(options)
        self._options = options

    @classmethod
    def add_parser_arguments(cls, parser: ArgumentParser, interpreter: PythonInfo) -> None:  # noqa: ARG003
        """Add the options to virtualenv's.

        :param parser: virtualenv's parser
        :param interpreter: the interpreter that the environment is created for
        """
        add_options(parser, default=False)

    def generate(self, creator: Creator) -> list[Path]:
        """Add the requested links.

        Errors are logged and never raised: an exception would leave the environment without the activation scripts that
        virtualenv writes afterwards.

        :param creator: the creator of the environment
        :returns: the aliases that are in place; virtualenv names an activator in its summary if there are any
        """
        # Here, since tox asks for a session on every call, and seldom for an environment.
        from ._apply import add_links, run_in_host
        from ._environment import Environment

        aliases = run_in_host(lambda log: add_links(Environment.from_creator(creator), self._read_options(), log))
        return [Path(alias) for alias in aliases]

    def _read_options(self) -> dict[str, bool]:
        """Return what is set in one of virtualenv's own ways."""
        return {
            name: getattr(self._options, option_dest(name))
            for name in OPTIONS
            if self._options.get_source(option_dest(name)) != "default"
        }
