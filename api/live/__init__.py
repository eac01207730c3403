"""Live progress: one thread serves every stream of a process, beside the threads of requests."""
