"""What `python dev.py` is made of: PostgreSQL, the engine, the sandbox, the worker and the api as its children."""
