"""`amends`: the house from its own server's shell, for whoever may read its secrets there."""
