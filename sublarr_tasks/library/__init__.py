"""What is on the disk: walking, naming, NFO, streams, and their way into rows."""
