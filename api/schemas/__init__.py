"""The larger answers, field by field."""
