"""One module for each row of `make bench`: name, gate, moonshot, limit, run(seed, quick)."""
