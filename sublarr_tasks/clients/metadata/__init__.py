"""Services that know films and series: what they say, in one shape for all of them."""
