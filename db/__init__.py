"""Tables, writes, reads and migrations."""
