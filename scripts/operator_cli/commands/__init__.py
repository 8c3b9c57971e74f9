"""The commands: each turns words into one or more requests and prints the answer."""
