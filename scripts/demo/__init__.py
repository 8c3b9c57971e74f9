"""The journeys of a shop, walked over HTTP by a client that behaves as a mini-program does."""
