"""HTTP in; start, update, query and read out; no rule lives here."""
