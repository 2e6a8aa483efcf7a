"""Downloads one file to standard output: a process of its own, which whoever started it ends when it takes too long."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from recaller.infra.child_process import limit_this_process

# For each wait; the whole is bounded by the one who started us.
WAIT_SECONDS = 20
MAX_BYTES = 5 * 1024 * 1024
MEMORY_BYTES = 256 * 1024 * 1024
# Should nobody end it before.
LIFE_SECONDS = 120.0


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows redirects within the host of the setting only."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        if (before.scheme, before.netloc) != (after.scheme, after.netloc):
            raise urllib.error.HTTPError(newurl, code, "redirected to another host", headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def main() -> int:
    """Write the file at the address that was given; 1 when it can't be had or is larger than MAX_BYTES."""
    limit_this_process(memory_bytes=MEMORY_BYTES, seconds=LIFE_SECONDS)
    opener = urllib.request.build_opener(_SameHost())
    request = urllib.request.Request(sys.argv[1], headers={"User-Agent": "Recaller"})  # noqa: S310 - ours
    try:
        with opener.open(request, timeout=WAIT_SECONDS) as answer:
            content = bytes(answer.read(MAX_BYTES + 1))
    except (urllib.error.URLError, OSError, ValueError):
        return 1
    if len(content) > MAX_BYTES:
        return 1
    sys.stdout.buffer.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
