"""Proof: exporting the record, checking it offline, and replaying what the engine recorded against the code."""
