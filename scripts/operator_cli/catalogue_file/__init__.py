"""The catalogue file: read as a whole, judged as a whole, turned into request bodies."""
