"""The shop's rules as plain Python: no I/O, no clock, no randomness inside."""
