"""A merchant's own spreadsheet of products: one row per SKU, read and written row by row."""
