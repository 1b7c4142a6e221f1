"""What flows do with other parts of the program, one file a part."""

from guanxi.apps.automation import approving, calls, falling, leaving, notices, telling  # each registers what it does

__all__ = ["approving", "calls", "falling", "leaving", "notices", "telling"]
