"""How well values are brought into their standard form, measured on open data."""
