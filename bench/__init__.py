"""Measures Guanxi beside its ceiling: a bare ASGI application that answers each request with one hand-written statement.

``make bench`` seeds a data folder of its own, starts the real ``guanxi serve`` on it, asks both the same things over
HTTP in the same run, and prints a table. Absolute figures depend on the machine; the ratios hardly do.
"""
