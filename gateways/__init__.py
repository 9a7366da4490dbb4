"""Clients of outside parties over their real wire protocols; they know nothing of cases."""
