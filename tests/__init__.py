"""Tests against real PostgreSQL, real Redis and a real browser."""
