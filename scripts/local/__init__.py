"""The local shop: MiniStack and the provider emulators, filled by the real SAM build and deploy."""
