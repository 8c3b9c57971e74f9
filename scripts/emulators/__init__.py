"""Emulators of the outside providers: WeChat, WeChat Pay v3 and Kuaidi100.

They speak the providers' own protocols and share no code with the shop, so that client and
emulator cannot share a mistake.
"""
