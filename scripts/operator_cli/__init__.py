"""``shopctl``: the operator's command line, a client of the staff routes and of nothing else."""
