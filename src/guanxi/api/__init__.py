"""HTTP, thin: records by hand, everything else by the framework, the built page for all other addresses."""

from guanxi.api.app import App, create_app

__all__ = ["App", "create_app"]
