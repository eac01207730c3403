"""Integrations: every outside service that a person set up, and the clients that come of it."""
