"""A build calls back the page's own address, however the bundler quotes the stand-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from recaller.infra.frontend import BuildError
from recaller.infra.same_origin import BUILD_ORIGIN, SameOriginPlugin, replace_origin


@pytest.mark.parametrize("quote", ['"', "'", "`"])
def test_addresses_become_expressions(tmp_path: Path, quote: str) -> None:
    script = tmp_path / "assets" / "env.js"
    script.parent.mkdir()
    socket = BUILD_ORIGIN.replace("http", "ws", 1)
    script.write_text(
        f"var e={{PING:{quote}{BUILD_ORIGIN}/ping{quote},EVENT:{quote}{socket}/_event{quote}}};"
    )
    assert replace_origin(tmp_path) == 2
    assert script.read_text() == (
        'var e={PING:(globalThis.location.origin+"/ping"),'
        'EVENT:(globalThis.location.origin.replace("http","ws")+"/_event")};'
    )


def test_a_build_without_the_stand_in_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("var e={PING:`http://localhost:3000/ping`};")
    with pytest.raises(BuildError):
        SameOriginPlugin().post_build(static_dir=tmp_path)
