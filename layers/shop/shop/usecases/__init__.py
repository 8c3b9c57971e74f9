"""What the shop does, one module per capability: join a rule, the store and a vendor."""
