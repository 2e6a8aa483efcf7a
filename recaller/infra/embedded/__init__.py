"""A real PostgreSQL and a real Redis-protocol server out of Python wheels, run and repaired by us."""

from recaller.infra.embedded.postgres import EmbeddedPostgres, prepare_database
from recaller.infra.embedded.programs import EmbeddedServerError
from recaller.infra.embedded.servers import embedded_servers, temporary_servers
from recaller.infra.embedded.valkey import EmbeddedRedis

__all__ = [
    "EmbeddedPostgres",
    "EmbeddedRedis",
    "EmbeddedServerError",
    "embedded_servers",
    "prepare_database",
    "temporary_servers",
]
