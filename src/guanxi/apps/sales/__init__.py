"""Selling: opportunities along pipelines, and what is sold."""
