"""The side effects of the workflows, one class per concern, each retry-safe and one transaction."""
