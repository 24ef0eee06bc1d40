"""The options, declared once for virtualenv and for the command."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from argparse import _ActionsContainer

#: The name of the package, of its table in pyproject.toml, and of the command.
NAME = "virtualenv-link-bin-scripts"

#: The options by their names in pyproject.toml, each with what it adds to an environment.
OPTIONS = {
    "bin-scripts": "the other system's scripts directory: on Linux and macOS a symbolic link Scripts to bin, on Windows"
    " a junction bin to Scripts",
    "python-exe": "the interpreter's name on Windows: on Linux and macOS a symbolic link python.exe to python, in bin",
    "exe": "every program's name on Windows: on Linux and macOS symbolic links NAME.exe to NAME, in bin; this includes"
    " python.exe, unless --no-link-python-exe refuses it",
    "site-packages": "the site-packages' path on Windows: on Linux and macOS a symbolic link Lib/site-packages to"
    " lib/pythonX.Y/site-packages",
}


def option_dest(name: str) -> str:
    """Return the name under which a parser stores an option.

    :param name: a name of :data:`OPTIONS`
    :returns: the name of the attribute
    """
    return f"link_{name.replace('-', '_')}"


def add_options(parser: _ActionsContainer, *, default: bool | None) -> None:
    """Add the options to a parser.

    virtualenv looks up an environment variable and a key of its configuration file for every option string, and
    converts what it finds by the type of the default. So a negative form with a default of its own would read
    ``VIRTUALENV_NO_LINK_BIN_SCRIPTS=1`` as a yes; one without is passed over.

    :param parser: the parser
    :param default: what the parser stores if an option is not given
    """
    for name, description in OPTIONS.items():
        parser.add_argument(
            f"--link-{name}",
            dest=option_dest(name),
            action="store_true",
            default=default,
            help=f"also add {description}",
        )
        parser.add_argument(
            f"--no-link-{name}",
            dest=option_dest(name),
            action="store_false",
            default=argparse.SUPPRESS,
            help="never add it, whatever the configuration says",
        )
