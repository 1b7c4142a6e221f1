"""Getting data in and out: tables of any kind into records, and any list into a file."""
