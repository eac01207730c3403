"""The Flask application: a thin door."""
