"""The refund case as pure rules: its state, the steps people may take, what is due next, and what each fact changes."""
