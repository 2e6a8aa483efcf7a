"""What it looks like when a server that we stand on doesn't answer."""

from __future__ import annotations

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

# Caught at the surfaces, which tell the user that nothing was changed.
STORAGE_ERRORS = (SQLAlchemyError, RedisError)
