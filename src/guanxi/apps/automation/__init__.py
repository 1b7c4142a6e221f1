"""What flows do with other parts of the program, one file a part."""

from guanxi.apps.automation import approving, calls, telling  # registers their steps

__all__ = ["approving", "calls", "telling"]
