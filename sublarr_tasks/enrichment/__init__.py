"""What metadata services know of films and series, and how it comes into rows."""
