"""The options."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from argparse import _ActionsContainer


def add_options(parser: _ActionsContainer) -> None:
    """Add the options to a parser.

    virtualenv looks up an environment variable and a key of its configuration file for every option string, and
    converts what it finds by the type of the default. So a negative form with a default of its own would read
    ``VIRTUALENV_NO_LINK_BIN_SCRIPTS=1`` as a yes; one without is passed over.

    :param parser: virtualenv's parser

    """
    parser.add_argument(
        "--link-bin-scripts",
        dest="link_bin_scripts",
        action="store_true",
        default=False,
        help="also give the environment the other system's scripts directory: on Linux and macOS a symbolic link"
        " Scripts to bin, on Windows a junction bin to Scripts",
    )
    parser.add_argument(
        "--no-link-bin-scripts",
        dest="link_bin_scripts",
        action="store_false",
        default=argparse.SUPPRESS,
        help="leave the environment with its own scripts directory alone",
    )
