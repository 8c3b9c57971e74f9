"""The HTTP edge: events in, typed requests, typed replies and problems out."""
