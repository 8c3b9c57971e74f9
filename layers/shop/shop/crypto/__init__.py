"""Keys and what is made with them: sealed tokens, order numbers, signed sessions."""
