"""Bounds of rules: each keeps one hostile or careless rule from costing a household its evening."""

from __future__ import annotations

MAX_RULES = 500
MAX_NAME = 100
MAX_CONDITIONS = 50
MAX_GROUPS = 30
MAX_DEPTH = 5
MAX_VALUES = 100
MAX_VALUE = 200
MAX_PATTERN = 200
MAX_ACTIONS = 10
MAX_PARTS = 20
# What one compiled pattern may take, in bytes; the engine refuses a pattern that needs more.
PATTERN_MEMORY = 1 << 20
# The same for all patterns on one field together.
PATTERNS_MEMORY = 32 << 20
# Mirrors what a transaction itself may carry.
MAX_NOTE = 2000
MAX_PAYEE = 200
MAX_TAG = 50
MAX_TAGS = 20
MAX_MEMO = 500
