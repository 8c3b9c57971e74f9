"""Writes the OpenAPI document that the meta function serves."""
