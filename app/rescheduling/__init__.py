"""Changing and cancelling runs: who is affected, and telling them."""
