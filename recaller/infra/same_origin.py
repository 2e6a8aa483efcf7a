"""Makes a front-end build independent of host and port: the browser calls back the address it was served from.

Reflex writes the backend's address into the built JavaScript. With that, each change of PORT or public URL
would need a new build, and https on any port but 443 would not work at all.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from reflex.plugins import Plugin

from recaller.infra.frontend import BuildError

# Stands for "wherever this page came from" until the build is done; a name that can never resolve.
BUILD_ORIGIN = "http://recaller-origin.invalid"

_ADDRESS = re.compile(r"""(["'`])(http|ws)://recaller-origin\.invalid([^"'`]*)\1""")
_EXPRESSIONS = {"http": "globalThis.location.origin", "ws": 'globalThis.location.origin.replace("http","ws")'}


class SameOriginPlugin(Plugin):
    """Replaces the stand-in address in the finished build by the page's own."""

    def post_build(self, **context: Any) -> None:
        """Rewrite the scripts; BuildError if none held the address (the bundler changed its output)."""
        if replace_origin(Path(context["static_dir"])) == 0:
            raise BuildError("The built front end doesn't hold the address that it was built with.")


def replace_origin(static_dir: Path) -> int:
    """Rewrite each script below `static_dir`; returns how many addresses were replaced."""
    replaced = 0
    for path in static_dir.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        changed, count = _ADDRESS.subn(_expression, text)
        if count:
            path.write_text(changed, encoding="utf-8")
            replaced += count
    return replaced


def _expression(match: re.Match[str]) -> str:
    return f'({_EXPRESSIONS[match[2]]}+"{match[3]}")'
