"""The fleet: which pool serves which queues, and what a worker process owns."""
