"""What keeps the embedded default from starting, said so that the reader knows what to do next."""


class CannotStart(Exception):
    """Starting stopped with nothing half done; the message says why and what to do."""
