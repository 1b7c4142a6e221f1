"""Commands that work on the data itself: first run, tokens, import, export, pack, backup, restore, demo, explain, repair, bench.

What they need is imported inside them, so that ``guanxi --help`` and shell completion answer at once.
"""

from guanxi.commands.audit import audit
from guanxi.commands.backup import backup
from guanxi.commands.bench import bench
from guanxi.commands.demo import demo
from guanxi.commands.explain import explain
from guanxi.commands.first import setup, token
from guanxi.commands.pack import pack
from guanxi.commands.repair import repair
from guanxi.commands.restore import restore
from guanxi.commands.tables import export, import_

COMMANDS = (setup, token, demo, import_, export, pack, backup, restore, explain, audit, repair, bench)
"""All of them, for the command ``guanxi`` to take in."""
