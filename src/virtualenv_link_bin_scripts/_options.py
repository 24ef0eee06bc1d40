"""The options, declared once for virtualenv and for the command."""

from __future__ import annotations

from argparse import SUPPRESS, _ActionsContainer

#: The name of the package, of its table in pyproject.toml, and of the command.
NAME = "virtualenv-link-bin-scripts"

#: The options by their names in pyproject.toml, each with what it adds.
OPTIONS = {
    "bin-scripts": "the other system's scripts directory, and the interpreter's other name: Scripts and bin/python.exe"
    " on Linux and macOS, bin and Scripts/python3.exe on Windows",
    "exe": "bin/NAME.exe for every program but python, on Linux and macOS",
    "site-packages": "Lib/site-packages, on Linux and macOS",
}

#: The attributes in which parsers store the options.
DESTS = {name: f"link_{name.replace('-', '_')}" for name in OPTIONS}


def add_options(parser: _ActionsContainer, *, default: bool | None) -> None:
    """Add the options to a parser.

    :param parser: the parser
    :param default: what the parser stores if an option is not given
    """
    for name, dest in DESTS.items():
        text = f"add {OPTIONS[name]}"
        parser.add_argument(f"--link-{name}", dest=dest, action="store_true", default=default, help=text)
        # virtualenv looks up VIRTUALENV_NO_LINK_BIN_SCRIPTS, too, and converts it to the type of the default, so 1
        # would mean yes. Without a default, it ignores the variable.
        text = "do not, whatever the configuration says"
        parser.add_argument(f"--no-link-{name}", dest=dest, action="store_false", default=SUPPRESS, help=text)
