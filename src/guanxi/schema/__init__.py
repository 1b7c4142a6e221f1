"""What an object is: plain data and pure functions. No I/O, no PostgreSQL, no HTTP."""
