"""``make mutate``: how well unit tests would notice a change in what decides."""
