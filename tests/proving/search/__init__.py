"""A generated catalogue whose text is known, and queries whose right answers follow from it."""
