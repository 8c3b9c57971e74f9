"""Shapes of requests and replies, one module per capability."""
