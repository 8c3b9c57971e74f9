"""SF Express: the routes of a parcel, by its own protocol."""

from scripts.emulators.sf_express.emulator import SfExpress, connect

__all__ = ["SfExpress", "connect"]
