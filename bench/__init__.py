"""Benchmarks: deterministic households, and measured times of what users wait for."""
