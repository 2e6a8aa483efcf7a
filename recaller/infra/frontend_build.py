"""Runs in a process of its own: has Reflex install the locked packages, compile the pages and bundle them.

`reflex export` does the same, but on a fresh clone it first runs `reflex init`, which writes files of its own
into the checkout. What is called here are that command's parts.
"""

from __future__ import annotations

from reflex.utils import export, prerequisites
from reflex_base.constants import CompileContext, Env
from reflex_base.environment import environment as reflex_environment

from recaller.infra.embedded.process import kill_forks_with_this_process


def main() -> None:
    """Build into `.web/build/client`; ends the process with a non-zero code when a step fails."""
    kill_forks_with_this_process()
    reflex_environment.REFLEX_COMPILE_CONTEXT.set(CompileContext.EXPORT)
    prerequisites.initialize_reflex_user_directory()  # type: ignore[no-untyped-call]
    prerequisites.initialize_frontend_dependencies()  # type: ignore[no-untyped-call]
    export.export(zipping=False, backend=False, env=Env.PROD)


if __name__ == "__main__":
    main()
