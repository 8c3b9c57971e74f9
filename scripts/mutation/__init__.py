"""``make mutate``: how well the unit tests of the money code would notice a change in it."""
