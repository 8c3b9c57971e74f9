"""The bugs that ``make prove QUICK=1`` must catch, by what they take away from the shop."""
