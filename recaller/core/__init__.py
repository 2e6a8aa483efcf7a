"""Money, clock, errors, scope, ids and paging: what every other package stands on (standard library only)."""
