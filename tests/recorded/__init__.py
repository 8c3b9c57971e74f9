"""What each deed of the shop asks, writes, answers and says, written down and compared.

Rows stay in merchants' tables for years, providers read what is sent, alarms count names and
shoppers read sentences. A change of any of these is meant or a mistake, and shows here as a
difference of a text file. `python -m tests.recorded` writes them anew; what it changed belongs
into the review. Rows have the short names of the store: `store/order_row.py` and its neighbours say
what they mean.
"""
