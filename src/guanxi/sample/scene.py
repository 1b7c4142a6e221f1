"""What a pack adds to invented data: what is sold, who buys it, and records of the pack's own objects.

A scene is JSON: ``{"industries": {name: weight}, "products": [...], "values": {object: {field: recipe}}, "first": [{"object",
"values": [{field: recipe}]}], "records": [{"object", "per", "share", "count", "link", "values": {field: recipe}}]}``. A recipe is a
value; ``{"en", "zh"}`` a text with places for ``{name} {n} {id}``; a list, of which one is taken (a list in it is a value of several); ``{"from", "to", "step"}`` a number;
``{"days": [a, b]}`` a day that many days from today; ``{"share", "of"}`` now and then a recipe; ``"$object"`` some record of an object.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from guanxi.base.shape import mapping, sequence
from guanxi.sample.made import Made
from guanxi.sample.tongue import Good
from guanxi.schema.catalog import Catalog

NOTHING: Mapping[str, Any] = {}


class Scene:
    """Dresses the records of a story; what the catalog does not know is passed over."""

    def __init__(
        self, what: Mapping[str, Any], catalog: Catalog, language: str, today: date, rng: random.Random
    ) -> None:
        self.what, self.catalog, self.language, self.today, self.rng = what, catalog, language, today, rng
        self.known: dict[str, Sequence[str]] = {}
        self.count = 0

    @property
    def industries(self) -> Mapping[str, int]:
        """Weights of the industries that its companies are in; empty where it says nothing."""
        return self.what.get("industries", NOTHING)

    def objects(self) -> list[str]:
        """The objects that it makes records of, each after those that it points to."""
        parts = [*self.what.get("first", ()), *self.what.get("records", ())]
        return [n for n in dict.fromkeys(p["object"] for p in parts) if n in self.catalog.entities]

    def goods(self, language: str) -> list[Good]:
        """What is sold; empty where it says nothing."""
        return [
            Good(
                p["name"][language], p["short"][language], p["code"], p["family"][language], p["price"], p["unit"][language], ""
            )
            for p in self.what.get("products", ())
        ]  # fmt: skip

    def first(self, by: str, at: Any) -> list[Made]:
        """Records that are there before any company."""
        out: list[Made] = []
        for part in self.what.get("first", ()):
            if part["object"] in self.catalog.entities:
                made = [self.made(part["object"], v, "", n, {}, at, by) for n, v in enumerate(part["values"], 1)]
                self.known[part["object"]] = [m.id for m in made]
                out += made
        return out

    def dress(self, told: list[Made]) -> list[Made]:
        """A company's records with the fields of the pack, and the pack's own records about them."""
        for made in told:
            for name, recipe in self.what.get("values", NOTHING).get(made.object, NOTHING).items():
                if name in self.catalog.entities[made.object].fields:
                    made.values[name] = self.value(recipe, "", 1)
        out = list(told)
        for part in self.what.get("records", ()):
            if part["object"] not in self.catalog.entities:
                continue
            for parent in [m for m in out if m.object == part["per"]]:
                if self.rng.random() < part["share"]:
                    for n in range(1, self.rng.randint(*part["count"]) + 1):
                        title = parent.values.get(self.catalog.entities[parent.object].title) or ""
                        links = {part["link"]: parent.id}
                        out.append(
                            self.made(part["object"], part["values"], str(title), n, links, parent.at, parent.by)
                        )
        return out

    def made(
        self, name: str, recipes: Mapping[str, Any], title: str, n: int, links: Mapping[str, str], at: Any, by: str
    ) -> Made:
        """A record of one of the pack's objects."""
        entity = self.catalog.entities[name]
        values = {f: self.value(r, title, n) for f, r in recipes.items() if f in entity.fields}
        owner = {entity.owner: by} if entity.owner else {}
        return Made(name, {**values, **links, **owner}, at, by)

    def value(self, recipe: Any, title: str, n: int) -> Any:
        """What a recipe makes."""
        rng = self.rng
        if (several := sequence(recipe)) is not None:
            taken = rng.choice(several)
            inner = sequence(taken)  # a list in the list is a value of several
            return self.value(taken, title, n) if inner is None else [self.value(v, title, n) for v in inner]
        if (what := mapping(recipe)) is not None:
            if "share" in what:
                return self.value(what["of"], title, n) if rng.random() < what["share"] else None
            if "days" in what:
                return (self.today + timedelta(days=rng.randint(*what["days"]))).isoformat()
            if "from" in what:
                return rng.randrange(what["from"], what["to"] + 1, what.get("step", 1))
            return self.value(what[self.language], title, n)
        if isinstance(recipe, str) and recipe.startswith("$"):
            known = self.known.get(recipe[1:])
            return rng.choice(known) if known else None
        if isinstance(recipe, str) and "{" in recipe:
            self.count += 1
            return recipe.format(name=title, n=n, id=f"{self.count:05}")
        return recipe
