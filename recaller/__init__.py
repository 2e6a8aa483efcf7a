"""Recaller: a private, self-hosted home for a household's money, tasks and people."""

__version__ = "0.1.0"
