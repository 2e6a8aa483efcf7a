"""What runs in the workers: the entry that RQ calls, the handlers by kind, the sweep and its schedule."""
