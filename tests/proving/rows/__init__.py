"""One module for each row of `make prove`: promise, target, run(seed, quick) -> Result."""
