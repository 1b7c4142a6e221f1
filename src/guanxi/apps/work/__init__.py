"""What people do: tasks, notes, calls and meetings on any record."""
