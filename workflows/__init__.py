"""The durable stories, one per file."""
