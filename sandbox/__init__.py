"""A local marketplace, wallet and messenger that speak the real wire protocols; imports nothing of ours."""
