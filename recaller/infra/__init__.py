"""Adapters to the world outside: database, queue, mail, keys, embedded servers, processes."""
