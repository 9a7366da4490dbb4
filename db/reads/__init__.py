"""Queries that return typed rows; they write nothing."""
