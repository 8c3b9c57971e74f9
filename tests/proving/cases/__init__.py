"""The stories that the proof rows play: who meets whom, and which step is cut short."""
