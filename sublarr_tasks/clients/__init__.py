"""The outside world: what other services are asked, and how they answer. Knows no database."""
