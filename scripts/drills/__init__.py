"""Rehearsals on the local cloud of what is done to a whole shop: deploying it and restoring it."""
