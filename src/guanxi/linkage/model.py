"""How likely two records are one: learnt from the records themselves, without anybody having said which are.

A model of Fellegi and Sunter, computed by Splink in DuckDB. For each field it knows how often values are equal, similar or
different among records that are one (learnt by expectation maximisation) and among any two (counted); rare values weigh more.
Records are compared that share a key which few have: a value, a part of one, two values together. Both libraries are loaded
when a model is needed: they are large, and only a task in a process of its own works with them.
"""

from __future__ import annotations

import logging
import math
import re
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import combinations, islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from guanxi.linkage import measures
from guanxi.linkage.forms import Column, form, spells
from guanxi.linkage.measures import WORDED
from guanxi.linkage.pairs import Pair, nearest
from guanxi.linkage.teaching import Decided, Lesson, Weight, teach

MEMORY = "500MB"
EVERY = 1_000
"""Records up to which each is compared with each."""
COMMON = 60
"""Records that may share a key by which they are found; what more share leads to too many."""
MANY = 100_000
"""Records from which on fewer pairs of values are looked up together."""
LIKELY = 0.5
"""From here on two records are told of."""
SURE = 0.8
"""From here on what was taught by decisions tells of a pair by itself."""
OWN = 8
"""Records up to which one of a column's values leads, as a mean over records, where it tells records apart by itself."""
USUAL = (0.85, 0.07, 0.08)
"""How often a value is equal, alike, different among records that are one, where these cannot say it themselves."""
STAYED = (0.5, 0.1)
"""How often people who are one have the same of what no more than this share of pairs has: people change their employer."""
PORTION = 20_000


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt: Splink's settings, the share of all pairs that are one, and what decisions have taught since."""

    settings: Mapping[str, Any]
    share: float
    lesson: Lesson | None = None


OTHER = "other"
"""Texts of which each has a number that the other has not."""
SPELT = ("text", "email")
"""Kinds of values that may be a person's name once more."""
LEAST = 1e-6
"""How often two values are alike in a way that was never met."""
APART = "apart"
"""Sisters: companies that are called alike but for the region, the law or the kind (a branch, a group). That much is known
beforehand, and not learnt."""
_TOLD = {APART: "different", OTHER: "close"}
GRADES = ("equal", "similar", "close", "different")
"""How alike two values are: equal as they are meant, hardly different, with something in common, different."""


def _cos(i: int) -> str:
    both = f"list_intersect(t{i}_l, t{i}_r)"
    shared = f"list_sum(list_transform({both}, lambda t: pow(t >> 40, 2))) / (n{i}_l * n{i}_r)"
    return f"(CASE WHEN list_has_any(t{i}_l, t{i}_r) THEN {shared} ELSE 0 END)"  # the first is much cheaper


def _jw(i: int, longest: int = 25) -> str:
    return f"(CASE WHEN length(s{i}_l) <= {longest} THEN jaro_winkler_similarity(s{i}_l, s{i}_r) ELSE 0 END)"


def _other(i: int) -> str:
    """Whether each text has a word with a digit that the other has not: another edition, size or model."""
    return f"(NOT list_has_all(d{i}_l, d{i}_r) AND NOT list_has_all(d{i}_r, d{i}_l))"


def _again(i: int, kind: str) -> str:
    """Whether two values are alike in no more than the name that both spell, as two addresses of one name elsewhere are, and two
    accounts with another number: that says the name again, and that they are not the same."""
    houses = (f"split_part(s{i}_{side}, '@', 2)" for side in "lr")
    apart = _other(i) if kind == "text" else f"jaro_winkler_similarity({', '.join(houses)}) < 0.92"
    return f"(m{i}_l AND m{i}_r AND {apart})"


def _levels(i: int, kind: str) -> list[tuple[str, str]]:
    """Conditions from equal to different, each with its grade."""
    s = f"s{i}_l = s{i}_r"
    alt = f"(a{i}_l <> '' AND a{i}_l = a{i}_r)"
    off = f"damerau_levenshtein(s{i}_l, s{i}_r)"
    match kind:
        case "name":
            return [
                (s, "equal"),
                (f"{alt} OR {_cos(i)} >= 0.99", "similar"),
                (f"{_jw(i)} >= 0.92", "similar"),
                (f"{_jw(i)} >= 0.84 OR {_cos(i)} >= 0.6", "close"),
                (f"{_jw(i)} >= 0.75 OR {_cos(i)} >= 0.3", "close"),
            ]
        case "text":
            told = [
                (f"{alt} OR {_cos(i)} >= 0.9 OR {_jw(i)} >= 0.95", "similar"),
                (f"{_cos(i)} >= 0.75 OR {_jw(i)} >= 0.9", "similar"),
                (f"{_cos(i)} >= 0.55 OR {_jw(i)} >= 0.84", "close"),
                (f"{_cos(i)} >= 0.3", "close"),
            ]
            each = [way for sql, grade in told for way in ((f"{_other(i)} AND ({sql})", OTHER), (sql, grade))]
            like = f"({alt} OR {_cos(i)} >= 0.55 OR {_jw(i)} >= 0.84)"
            kinds = " <> ".join(f"split_part(s{i}_{side}, '|', 2)" for side in "lr")
            both = " AND ".join(f"contains(s{i}_{side}, '|')" for side in "lr")
            apart = f"(x{i}_l <> x{i}_r AND {like}) OR ({both} AND {kinds} AND ({like} OR {_cos(i)} >= 0.3))"
            return [(s, "equal"), (apart, APART), *each]
        case "place":
            return [
                (s, "equal"),
                (f"{_cos(i)} >= 0.85", "similar"),
                (f"{_cos(i)} >= 0.5", "close"),
                (f"{_cos(i)} >= 0.25", "close"),
            ]
        case "email":
            return [(s, "equal"), (alt, "similar"), (f"jaro_winkler_similarity(s{i}_l, s{i}_r) >= 0.92", "similar")]
        case "phone":
            return [(s, "equal"), (f"{alt} OR {off} <= 1", "similar"), (f"{off} <= 2", "close")]
        case "web":
            return [(s, "equal"), (f"jaro_winkler_similarity(s{i}_l, s{i}_r) >= 0.93", "similar")]
        case "date":
            apart = f"abs(date_diff('day', try_cast(s{i}_l AS DATE), try_cast(s{i}_r AS DATE)))"
            return [(s, "equal"), (f"{off} <= 1", "similar"), (f"{off} <= 2 OR {apart} <= 31", "close"),
                    (f"{apart} <= 366", "close")]  # fmt: skip
        case "number":
            apart = f"abs(x{i}_l - x{i}_r) / greatest(abs(x{i}_l), abs(x{i}_r), 1e-9)"
            return [(s, "equal"), (f"{apart} <= 0.02", "similar"), (f"{apart} <= 0.1", "close"),
                    (f"{apart} <= 0.4", "close")]  # fmt: skip
        case _:
            return [(s, "equal")]


def _comparison(i: int, column: Column) -> dict[str, Any]:
    told = _levels(i, column.kind)
    levels: list[dict[str, Any]] = [
        {"sql_condition": f"s{i}_l IS NULL OR s{i}_r IS NULL", "label_for_charts": "none", "is_null_level": True}
    ]
    for at, (sql, grade) in enumerate(told):
        if at and column.kind in SPELT:
            sql = f"NOT {_again(i, column.kind)} AND ({sql})"
        level: dict[str, Any] = {"sql_condition": sql, "label_for_charts": f"{grade} {at}"}
        if at == 0 and column.kind not in ("date", "number"):
            level |= {"tf_adjustment_column": f"s{i}", "tf_adjustment_weight": 1.0, "tf_minimum_u_value": 0.0001}
        if grade == APART:
            level |= {"m_probability": 1e-6, "fix_m_probability": True}
        levels.append(level)
    levels.append({"sql_condition": "ELSE", "label_for_charts": "different"})
    return {"output_column_name": f"c{i}", "comparison_levels": levels}


def _gate(columns: Sequence[Column], title: str) -> str:
    """The condition without which two records are never one: called alike, or reached alike.

    Else what is learnt would be who belongs together, such as the songs of an album.
    """
    at = next((i for i, c in enumerate(columns) if c.name == title), None)
    if at is None or columns[at].kind == "name":  # names of people are misheard and changed
        return "TRUE"
    ways = [f"s{at}_l IS NULL OR s{at}_r IS NULL"]
    ways += [sql for sql, _ in _levels(at, columns[at].kind) if _other(at) not in sql]  # these are among the others
    ways += [f"s{i}_l = s{i}_r" for i, c in enumerate(columns) if c.kind in ("email", "phone", "web")]
    return " OR ".join(ways)


def _narrow(columns: Sequence[Column], title: str, telling: Collection[int]) -> str:
    """A narrower one: hardly called differently, or the same in what leads to few records (``telling``)."""
    ways = [f"s{i}_l = s{i}_r" for i in sorted(telling)]
    for i, c in enumerate(columns):
        if c.name == title:
            ways += [sql for sql, grade in _levels(i, c.kind) if grade in ("equal", "similar")]
    return " OR ".join(ways) or "FALSE"


def _together(settings: dict[str, Any]) -> dict[str, Any]:
    """Of texts that are alike in the same measure, those with another number say what those without say, until people decide.

    Which of them are one cannot be learnt from those that are written alike: in one list numbers tell things apart, in
    another each side adds its own.
    """
    for one in settings["comparisons"]:
        for level, plain in pairwise(one["comparison_levels"]):
            if not level["label_for_charts"].startswith(OTHER):
                continue
            m, u = (sum(float(x.get(f"{of}_probability") or 0) for x in (level, plain)) for of in "mu")
            for x in (level, plain) if m and u else ():
                x["u_probability"] = x.get("u_probability") or LEAST
                x["m_probability"] = min(1.0, x["u_probability"] * m / u)
    return settings


def _ordered(settings: dict[str, Any]) -> dict[str, Any]:
    """What is more alike says no less: levels that are learnt the other way round say together what they say (isotonic).

    They are where those that are one were taken by another field and hardly ever are alike in both, as where whoever copies
    people makes a mistake in every copy.
    """
    for one in settings["comparisons"]:
        pools: list[tuple[float, float, list[dict[str, Any]]]] = []
        for level in one["comparison_levels"]:
            m, u = (float(level.get(f"{of}_probability") or 0) for of in "mu")
            if level.get("is_null_level") or level["label_for_charts"].startswith(APART) or not (m and u):
                continue
            held = [level]
            while pools and m * pools[-1][1] > pools[-1][0] * u:
                more_m, more_u, more = pools.pop()
                m, u, held = m + more_m, u + more_u, more + held
            pools.append((m, u, held))
        for m, u, held in pools:
            for level in held if len(held) > 1 else ():
                level["m_probability"] = level["u_probability"] * m / u
    return settings


def _copied(gate: str) -> str:
    """By copies of the columns: of what a lesson is chosen by, nothing is learnt in it."""
    return _SIDE.sub(r"\2.z\1", gate)


_SIDE = re.compile(r"\b([a-z]\d+)_(l|r)\b")


class Linkage:
    """Records laid out in a DuckDB of their own, compared and scored. Used as a context; it leaves nothing behind."""

    def __init__(self, columns: Sequence[Column], title: str = "") -> None:
        """``title`` names the column that a record is called by."""
        self.columns = list(columns)
        self._title = title
        self._gate = _copied(_gate(self.columns, title))
        self.count = 0

    def __enter__(self) -> Linkage:
        import duckdb

        self._folder = TemporaryDirectory(prefix="guanxi-linkage-")
        self._db = duckdb.connect(str(Path(self._folder.name) / "linkage.duckdb"))
        self._db.execute(f"SET memory_limit = '{MEMORY}'; SET threads = 1; SET temp_directory = '{self._folder.name}'")
        self._db.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
        wide = "".join(
            f", s{i} VARCHAR, a{i} VARCHAR, w{i} VARCHAR[], x{i} DOUBLE, m{i} BOOLEAN"
            for i, _ in enumerate(self.columns)
        )
        self._db.execute(f"CREATE TABLE raw (n INTEGER, id VARCHAR, fresh BOOLEAN{wide})")
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
        self._folder.cleanup()

    def add(self, records: Iterable[tuple[str, bool, Mapping[str, Any]]]) -> None:
        """Take in records: id, whether it is new or changed since the last time, stored values by field."""
        import pyarrow as pa

        records = iter(records)
        text, many = pa.string(), pa.list_(pa.string())
        while portion := list(islice(records, PORTION)):
            made = {
                "n": pa.array(range(self.count, self.count + len(portion)), pa.int32()),
                "id": pa.array([r[0] for r in portion], text),
                "fresh": pa.array([r[1] for r in portion], pa.bool_()),
            }
            called = next((c.name for c in self.columns if c.kind == "name"), "")
            names = [form("name", values.get(called)) for _, _, values in portion]
            for i, column in enumerate(self.columns):
                forms = [form(column.kind, values.get(column.name)) for _, _, values in portion]
                made[f"s{i}"] = pa.array([f.std if f else None for f in forms], text)
                made[f"a{i}"] = pa.array([f.alt if f else None for f in forms], text)
                made[f"w{i}"] = pa.array([list(f.words[:40]) if f else None for f in forms], many)
                made[f"x{i}"] = pa.array([f.number if f else None for f in forms], pa.float64())
                told = [column.kind in SPELT and spells(f, n) for f, n in zip(forms, names, strict=True)]
                made[f"m{i}"] = pa.array(told, pa.bool_())
            self._db.register("portion", pa.table(made))
            self._db.execute("INSERT INTO raw SELECT * FROM portion")
            self._db.unregister("portion")
            self.count += len(portion)

    def fresh(self) -> list[str]:
        """The ids of what is new or changed."""
        return [id for (id,) in self._db.execute("SELECT id FROM raw WHERE fresh").fetchall()]

    # -- laying out ----------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Weigh the words, and find which records share a key."""
        run = self._db.execute
        joins, picked = "", ""
        self._spread = self._shares()
        for i, column in enumerate(self.columns):
            picked += f", s{i}, a{i}, x{i}, m{i}"
            if column.kind == "text":
                picked += f", coalesce(list_filter(w{i}, lambda w: regexp_matches(w, '[0-9]')), []) AS d{i}"
            if column.kind in WORDED:
                run(
                    f"CREATE TABLE df{i} AS SELECT w, count(*) AS c FROM (SELECT unnest(w{i}) AS w FROM raw) GROUP BY w"
                )
                run(
                    f"CREATE TABLE tok{i} AS SELECT n, list(t) AS t{i}, sqrt(sum(pow(t >> 40, 2))) AS n{i} FROM (SELECT n,"
                    f" (CAST(1000 * ln(1 + {max(self.count, 2)} / c) AS BIGINT) << 40) | CAST(hash(w) % 1099511627776 AS BIGINT) AS t"
                    f" FROM (SELECT n, unnest(w{i}) AS w FROM raw) JOIN df{i} USING (w)) GROUP BY n"
                )
                joins += f" LEFT JOIN tok{i} USING (n)"
                picked += f", t{i}, n{i}"
        self._blocks()
        self._own = self._telling()
        self._narrow = _copied(_narrow(self.columns, self._title, self._own))
        copies = re.findall(r"\bz([a-z]\d+)\b", f"{self._gate} {self._narrow}")
        picked += "".join(f", {c} AS z{c}" for c in sorted(set(copies)))
        run(
            f"CREATE TABLE rec AS SELECT raw.n AS unique_id, fresh{picked}, coalesce(keys, []) AS keys FROM raw{joins}"
            " LEFT JOIN (SELECT n, list(k) AS keys FROM shared GROUP BY n) USING (n)"
        )
        for i, column in enumerate(self.columns):
            run(f"ALTER TABLE raw DROP w{i}")
            if column.kind in WORDED:
                run(f"DROP TABLE tok{i}")

    def _blocks(self) -> None:
        """The keys that records share: what stands in a field, a rare word of it, how it begins, values of two fields."""
        run = self._db.execute
        run("CREATE TABLE key (n INTEGER, k UBIGINT)")

        def add(name: str, value: str, source: str = "raw", where: str = "TRUE") -> None:
            run(
                f"INSERT INTO key SELECT n, hash('{name}', {value}) FROM {source} WHERE {value} IS NOT NULL AND {where}"
            )

        for i, column in enumerate(self.columns):
            add(f"s{i}", f"s{i}")
            if column.kind in ("name", "email", "phone", "text"):
                add(f"a{i}", f"a{i}", where=f"a{i} <> ''")
            if column.kind in WORDED:
                rare = f"(SELECT n, w FROM (SELECT n, unnest(w{i}) AS w FROM raw) JOIN df{i} USING (w) WHERE c <= {COMMON})"
                add(f"w{i}", "w", rare)
            if column.kind in ("name", "text"):
                add(f"p{i}", f"left(s{i}, 5)", where=f"length(s{i}) > 5")
        told = self._told()
        for i, j in combinations(told[: 10 if self.count < MANY else 5], 2):
            add(f"s{i}.{j}", f"s{i} || chr(1) || s{j}")
        run(f"CREATE TABLE shared AS SELECT n, k FROM (SELECT DISTINCT n, k FROM key) JOIN (SELECT k FROM (SELECT DISTINCT n, k FROM key)"
            f" GROUP BY k HAVING count(*) BETWEEN 2 AND {COMMON}) USING (k)")  # fmt: skip
        run("DROP TABLE key")

    def _told(self) -> list[int]:
        """The columns by how much their values tell records apart: those first that fewer have in common."""
        return [i for _, i in sorted(self._spread)]

    def _shares(self) -> list[tuple[float, int]]:
        """Of columns that enough records have a value of: how likely two have the same one."""
        shares: list[tuple[float, int]] = []
        for i, _ in enumerate(self.columns):
            filled, same = self._row(
                f"SELECT coalesce(sum(c), 0), coalesce(sum(c * c), 0) FROM (SELECT count(*) AS c FROM raw WHERE s{i} IS NOT NULL GROUP BY s{i})"
            )
            if filled > max(10, self.count / 50):
                shares.append((same / filled**2, i))
        return shares

    def _telling(self) -> set[int]:
        """The columns of which a value leads to few records."""
        return {
            i
            for share, i in self._spread
            if share * self.count <= OWN and self.columns[i].kind not in ("choice", "number")
        }

    def _row(self, sql: str) -> tuple[Any, ...]:
        return self._db.execute(sql).fetchall()[0]

    # -- learning and finding ------------------------------------------------------------------------------------------

    def _linker(self, settings: Mapping[str, Any]) -> Any:
        from splink import DuckDBAPI, Linker

        db = DuckDBAPI(connection=self._db)
        return Linker(db.register("rec"), dict(settings), log_level=None, validate_settings=False)

    def learn(self) -> Model:
        """What these records say about which of them are one.

        Where hardly two are one, a lesson finds who belongs together instead: colleagues, a trade, a city. It is known by what
        it takes to be one, which mostly differs in what leads to few records. Then nothing can be learnt, what is usual is
        taken, and only those are one that are called the same or reached in the same way.
        """
        total = max(1, self.count * (self.count - 1) // 2)
        with _quiet():
            settings = self._learnt(self._gate, self._lessons())
            if self._kin(settings):
                return Model(self._usual(self._learnt(self._narrow, ()), total), 1 / total)
            self._score(Model(settings, 1 / total), full=True)
            return Model(settings, self._share(total))

    def _kin(self, settings: Mapping[str, Any]) -> bool:
        """Whether what was taken to be one differs in about half of what leads to few records, or in more."""
        told = {f"c{i}" for i, c in enumerate(self.columns) if i in self._own or c.name == self._title}
        differ = [
            float(one["comparison_levels"][-1].get("m_probability") or 0)
            for one in settings["comparisons"]
            if one["output_column_name"] in told
        ]
        return sum(differ) > 0.49 * len(differ)

    def _usual(self, settings: dict[str, Any], total: int) -> dict[str, Any]:
        """With how often values are alike among records that are one as it is usual; what many have in common says nothing.

        How rare a value is cannot be told where two that are one make up most of those that have it: no value counts more than
        another. Where few people belong, half of those who are one still do. What is no person and called the same is worth a
        look if nothing else is known, whatever its number is among ``total`` pairs; what differs speaks against it.
        """
        at = {f"c{i}": i for i, _ in enumerate(self.columns)}
        for one in settings["comparisons"]:
            levels = [x for x in one["comparison_levels"] if not x.get("is_null_level")]
            i = at[one["output_column_name"]]
            tells = i in self._own or self.columns[i].name == self._title
            chosen = self.columns[i].kind == "choice" and self._gate == "TRUE"
            belongs = chosen and levels[0].get("u_probability", 1.0) <= STAYED[1]
            for n, level in enumerate(levels):
                if level["label_for_charts"].startswith(APART):
                    continue
                last = n == len(levels) - 1
                usual = USUAL[0] if n == 0 else USUAL[2] if last else USUAL[1] / max(1, len(levels) - 2)
                level["m_probability"] = usual if tells else level.get("u_probability", usual)
                if belongs:
                    level["m_probability"] = STAYED[0] if n == 0 else 1 - STAYED[0]
                level.pop("tf_adjustment_column", None)
            if self.columns[i].name == self._title and self.columns[i].kind == "text":
                levels[0]["u_probability"] = min(levels[0].get("u_probability", 1.0), USUAL[0] / (4 * total))
        return _together(settings)

    def _learnt(self, gate: str, lessons: Sequence[tuple[int, ...]]) -> dict[str, Any]:
        """Splink's settings, learnt among pairs that pass ``gate``, from those that are equal in the columns ``lessons``."""
        rule: dict[str, Any] = {"blocking_rule": f"({gate})"}
        if self.count > EVERY:
            rule = {"blocking_rule": f"l.keys = r.keys AND ({gate})", "arrays_to_explode": ["keys"]}
        linker = self._linker(
            {
                "link_type": "dedupe_only",
                "comparisons": [_comparison(i, c) for i, c in enumerate(self.columns)],
                "blocking_rules_to_generate_predictions": [rule],
                "probability_two_random_records_match": min(0.5, 1 / max(2, self.count)),
                "retain_matching_columns": True,
                "retain_intermediate_calculation_columns": True,
                "max_iterations": 20,
                "em_convergence": 0.001,
            }
        )
        linker.training.estimate_u_using_random_sampling(max_pairs=3e5, seed=1)
        from splink.internals.exceptions import EMTrainingException

        for way in lessons:
            equal = " AND ".join(f"l.s{i} = r.s{i}" for i in way)
            known = linker._settings_obj.core_model_settings.copy()
            try:
                linker.training.estimate_parameters_using_expectation_maximisation(
                    f"{equal} AND ({gate})", max_pairs=2e5, record_sample_proportion=0.1
                )
            except (ValueError, EMTrainingException):
                # Nothing to learn: all of these pairs, or none, are one. What it took apart so far is put back.
                linker._settings_obj.core_model_settings = known
        settings: dict[str, Any] = linker.misc.save_model_to_json()
        return _ordered(_together(settings))

    def _lessons(self) -> list[tuple[int, ...]]:
        """The columns by which pairs are taken to learn from: those that tell most, where enough are equal; two together where none
        leads to few records by itself, for of those who only share a family name hardly any are one."""
        told = self._told()
        ways = [(i,) for i in told] if self._own else [*combinations(told, 2)]
        return [way for way in ways if self._equal(way) > 20][: 5 if self._own else 8]

    def _equal(self, columns: Sequence[int]) -> float:
        """How many pairs are equal in all of these columns."""
        each = ", ".join(f"s{i}" for i in columns)
        there = " AND ".join(f"s{i} IS NOT NULL" for i in columns)
        counts = f"SELECT count(*) AS c FROM raw WHERE {there} GROUP BY {each}"
        return float(self._row(f"SELECT coalesce(sum(c * (c - 1) / 2), 0) FROM ({counts})")[0])

    def _score(self, model: Model, full: bool) -> None:
        settings = dict(model.settings)
        if not full:
            rule = dict(settings["blocking_rules_to_generate_predictions"][0])
            rule["blocking_rule"] += " AND (l.fresh OR r.fresh)"
            settings["blocking_rules_to_generate_predictions"] = [rule]
        linker = self._linker(settings)
        scored = linker.inference.predict(threshold_match_weight=-8, warning_mode="never")
        self._prior = math.log2(
            settings["probability_two_random_records_match"] / (1 - settings["probability_two_random_records_match"])
        )
        self._db.execute(f"CREATE OR REPLACE VIEW scored AS SELECT * FROM {scored.physical_name}")
        self._scored = {name for name, *_ in self._db.execute("DESCRIBE scored").fetchall()}

    def _share(self, total: int) -> float:
        """The share of pairs that are one, so that it is what their scores add up to."""
        heap = self._db.execute(
            f"SELECT round(match_weight - ({self._prior}), 1) AS w, count(*) FROM scored GROUP BY w"
        ).fetchall()
        share = 1 / max(2, self.count)
        for _ in range(200):
            odds = share / (1 - share)
            sure = sum(n * (x := odds * 2.0 ** min(w, 60)) / (1 + x) for w, n in heap)
            before, share = share, min(0.5, max(sure, 0.1) / total)
            if abs(before - share) < 1e-4 * share:
                break
        return share

    def pairs(self, model: Model, *, full: bool = True, least: float = LIKELY) -> Iterator[Pair]:
        """The pairs that may be one, from ``least`` on; unless ``full``, only those of which one is new or changed.

        Of what is called by a text only those that stand together through the likeliest of one of them and do not contradict
        it: what else is like it is its kin, such as another edition. What decisions have taught says that of a pair by itself
        where it is surer.
        """
        found = self._pairs(model, full, least)
        if self._gate == "TRUE":
            return found
        return iter(nearest(list(found), sure=SURE if model.lesson and model.lesson.parts else None))

    def compared(self, model: Model) -> Iterator[Pair]:
        """All pairs that were compared, however unlike."""
        return self._pairs(model, True, 0.0)

    def teach(self, model: Model, decided: Sequence[Decided]) -> Model:
        """The model with what these decisions teach; the same where they are too few."""
        tops = {c.name: len(_levels(i, c.kind)) for i, c in enumerate(self.columns)}
        return replace(model, lesson=teach(decided, tops, math.log2(model.share / (1 - model.share))))

    def _pairs(self, model: Model, full: bool, least: float) -> Iterator[Pair]:
        with _quiet():
            if not full or not hasattr(self, "_prior"):
                self._score(model, full)
            lesson = model.lesson or Lesson(0)
            prior = lesson.prior + lesson.factor * math.log2(model.share / (1 - model.share))
            told: list[str] = []
            weighed: list[str] = []
            grades: list[list[str]] = []
            ways = [measures.measures(i, c.kind) for i, c in enumerate(self.columns)]
            for i, c in enumerate(self.columns):
                grades.append([*(_TOLD.get(g, g) for _, g in _levels(i, c.kind)), "different"])
                named = [f"q{i}[{at + 1}]" for at, _ in enumerate(ways[i])]
                weighed.append(f"{lesson.sql(c.name, f'g{i}', f'r{i}', len(grades[i]) - 1, named)} AS b{i}")
                if f"gamma_c{i}" not in self._scored:  # nothing to be learnt of it: no two records have a value
                    told += [f"-1 AS g{i}", f"0::DOUBLE AS r{i}"]
                    continue
                rare = f" + coalesce(mw_tf_adj_c{i}, 0)" if f"mw_tf_adj_c{i}" in self._scored else ""
                told += [
                    f"gamma_c{i} AS g{i}",
                    f"(CASE WHEN gamma_c{i} < 0 THEN 0 ELSE mw_c{i}{rare} END)::DOUBLE AS r{i}",
                ]
            total = " + ".join((repr(prior), *(f"b{i}" for i, _ in enumerate(self.columns))))
            pairs = f"(SELECT unique_id_l, unique_id_r, {', '.join(told)} FROM scored)"
            if lesson.parts:  # they count; else only what is told of is measured
                pairs = self._measured(pairs, ways)
            pairs = f"(SELECT *, ({total})::DOUBLE AS w FROM (SELECT *, {', '.join(weighed)} FROM {pairs}))"
            if least > 0:
                pairs = f"(SELECT * FROM {pairs} WHERE w >= {math.log2(least / (1 - least))})"
            if not lesson.parts:
                pairs = self._measured(pairs, ways)
            each = ", ".join(f"g{i}, r{i}, b{i}, q{i}" for i, _ in enumerate(self.columns))
            found = self._db.cursor().execute(
                f"SELECT a.id, b.id, w, {each} FROM {pairs} JOIN raw a ON a.n = unique_id_l JOIN raw b ON b.n = unique_id_r"
            )
            while rows := found.fetchmany(PORTION):
                for a, b, weight, *rest in rows:
                    weights: dict[str, Weight] = {}
                    for i, column in enumerate(self.columns):
                        level, raw, bits, known = rest[4 * i : 4 * i + 4]
                        grade = None if level < 0 else grades[i][len(grades[i]) - 1 - level]
                        met = tuple(None if v is None else round(v, 3) for v in known) if level >= 0 else ()
                        weights[column.name] = Weight(grade, round(bits, 2), level, round(raw, 2), met)
                    score = 1 / (1 + 2.0 ** -max(-60.0, min(60.0, weight)))
                    yield Pair(min(a, b), max(a, b), score, prior, weights)

    def _measured(self, pairs: str, ways: Sequence[Sequence[str]]) -> str:
        """``pairs`` with the measures of each field, ``ways``, as a list ``q`` and the number of the field."""
        sides, steps, told = list[str](), list[str](), list[str]()
        for i, c in enumerate(self.columns):
            of = measures.columns(i, c.kind)
            sides += [f"{side}.{name} AS {name}_{side}" for name in of for side in "lr"]
            steps += [f"{sql} AS {name}" for name, sql in measures.steps(i, c.kind)]
            told.append(f"[{', '.join(f'({sql})::DOUBLE' for sql in ways[i])}]::DOUBLE[] AS q{i}")
        laid = f"SELECT {', '.join(['p.*', *sides])} FROM {pairs} p JOIN rec l ON l.unique_id = p.unique_id_l JOIN rec r ON r.unique_id = p.unique_id_r"
        return f"(SELECT *, {', '.join(told)} FROM (SELECT {', '.join(['*', *steps])} FROM ({laid})))"


@contextmanager
def _quiet() -> Iterator[None]:
    """What Splink tells while it works is for those who tune it by hand."""
    log = logging.getLogger("splink")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)
