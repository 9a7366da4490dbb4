"""Quarrels around a case of either kind: risk flags, counter-claims, and questions that no rule answers yet."""
