"""One module per route: pages compose components over a state, and do nothing else."""
