"""Accounts: people, how they prove who they are, and the keys of their programs."""
