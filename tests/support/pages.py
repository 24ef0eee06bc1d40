"""The blocks of the pages, for tests that run them as they are written there."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]


def blocks(page: str) -> dict[str, str]:
    """Return the named blocks of a page; of a console, what a user types."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^\.\. code-block:: (.+)\n    :name: (.+)\n\n((?:    .*\n|\n)+)", text, re.MULTILINE)
    return {
        name: "".join(re.findall(r"^ *\$ (.*\n)", block, re.MULTILINE))
        if language == "console"
        else textwrap.dedent(block).strip() + "\n"
        for language, name, block in found
    }


README = blocks("README.rst")
SETUP = blocks("docs/setup.rst")
RECIPES = blocks("docs/recipes.rst")
