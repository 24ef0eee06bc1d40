"""The plugin for virtualenv."""

from __future__ import annotations

from pathlib import Path

from virtualenv.activation.activator import Activator

from ._options import DESTS, add_options

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from argparse import ArgumentParser

    from python_discovery import PythonInfo
    from virtualenv.config.cli.parser import VirtualEnvOptions
    from virtualenv.create.creator import Creator


class LinkBinScriptsActivator(Activator):
    """Add the requested links to the environment that virtualenv has created.

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
        """Add the requested links. Errors are only logged, so that virtualenv goes on with its activation scripts.

        :param creator: the creator of the environment
        :returns: the aliases that are in place; virtualenv's summary names an activator only if it returns something
        """
        # Here, since tox loads this on every call, but seldom creates an environment.
        from ._config import find_requested
        from ._environment import Environment
        from ._host import make_links, never_fail

        aliases: list[str] = []
        with never_fail():
            options = self._options
            set_by_user = [name for name, dest in DESTS.items() if options.get_source(dest) != "default"]
            explicit = {name: getattr(options, DESTS[name]) for name in set_by_user}
            requested = find_requested([str(creator.dest)], explicit)
            # The creator may call the interpreter pypy3, but there is always a python, too.
            python = "python.exe" if creator.interpreter.os == "nt" else "python"
            aliases = make_links(Environment(str(creator.dest), creator.bin_dir.name, python), requested)
        return [Path(alias) for alias in aliases]
