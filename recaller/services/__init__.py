"""Use cases by noun; each takes a unit of work and gives frozen views."""
