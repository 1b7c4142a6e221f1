"""Very many writes of which each stands for itself: what can be written is, and of the rest it is told why."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.base import Forbidden, Problem, Unavailable, log
from guanxi.pg import DatabaseError, Retry
from guanxi.records.context import Context
from guanxi.records.row import Create, Operation, Outcome
from guanxi.records.write import write

_log = log.get(__name__)


async def piecemeal(ctx: Context, object_name: str, operations: Sequence[Operation]) -> list[Outcome]:
    """What became of each; a refusal of the whole is narrowed down to the operations that caused it, by halves.

    What is no operation's fault is raised: Unavailable, Retry, and Forbidden where the verb itself is not granted.
    """
    if not operations:
        return []
    try:
        async with ctx.db.savepoint():
            return await write(ctx, object_name, operations, atomic=False, render=False)
    except (Retry, Unavailable):
        raise
    except (Problem, DatabaseError) as refusal:
        if len(operations) == 1:
            problem = refusal if isinstance(refusal, Problem) else Problem("invalid")
            if isinstance(refusal, DatabaseError):
                _log.warning("a record was refused by the database", reason=str(refusal)[:300])
            kind = "create" if isinstance(operations[0], Create) else "update"
            return [Outcome(problem.status, None, kind, problem)]
        if isinstance(refusal, Forbidden) and refusal.code in ("forbidden_verb", "beyond_token"):
            raise
    middle = len(operations) // 2
    first = await piecemeal(ctx, object_name, operations[:middle])
    return first + await piecemeal(ctx, object_name, operations[middle:])
