"""What flows do with other parts of the program, one file a part."""

from guanxi.apps.automation import calls  # registers its steps

__all__ = ["calls"]
