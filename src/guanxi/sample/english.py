"""Invented Western companies, people and what is said about them. The words are ordinary; the combinations are made up."""
# ruff: noqa: SIM905, ARG002 - a list of words reads best as words; a language may not need all that it is told

from __future__ import annotations

import random
from collections.abc import Mapping

from guanxi.sample.tongue import Firm, Name, Squad, Tongue, slug

FAMILIES = (
    "Abbott Alvarez Anders Atwood Bauer Beaumont Becker Bennett Berg Bianchi Blake Brandt Brooks Byrne Callahan Carver Castell Chandler "
    "Clarke Conti Cooper Dahl Dalton Delgado Dubois Eklund Ellis Evans Farrow Ferrari Fischer Fletcher Fontaine Foster Fuchs Gallagher García "
    "Gibson Grant Greene Gruber Hale Hansen Harper Hartmann Hayes Hoffmann Holm Hughes Ivanova Jansen Jensen Keller Kelly Kovač Kowalski "
    "Lambert Larsen Leclerc Lehmann Lindqvist López Maier Marchetti Marsh Martin Mercier Meyer Moreau Müller Nielsen Novák O'Brien Olsen "
    "Ortega Palmer Parker Pereira Petrova Pfeiffer Quinn Ramos Reed Ricci Riley Rojas Rossi Röder Sanders Santos Schäfer Schneider Silva "
    "Sørensen Stone Strand Sullivan Tanner Thorne Turner Vance Vasquez Vogel Wagner Walsh Weber West Whitaker Winter Wolfe Young Zimmer"
).split()
GIVEN = (
    "Adrian Alice Amelia Andrea Anna Anton Beatrice Benjamin Camille Carlos Caroline Chiara Claire Daniel David Elena Elias Elise Emma Erik "
    "Ethan Eva Felix Fiona Florian Gabriel Grace Hannah Helena Henry Hugo Ines Isabel Ivan Jack James Jana Jonas Julia Karin Katarina Laura "
    "Lena Leo Lars Louise Lucas Lucía Luka Magnus Maja Marc Marco Maria Marta Martin Mathilde Matteo Max Maya Michael Mila Miriam Nadia "
    "Nathan Nina Noah Nora Oliver Olivia Oscar Paul Petra Philip Priya Rafael Rebecca Robert Rosa Ruth Samuel Sara Sebastian Simon Sofia "
    "Stefan Stella Theo Thomas Tomás Ursula Valentina Vera Victor Viktor William Yara Zoe"
).split()

# Country, city, region, postal code, dialling code of the city; the last four say which numbers nobody has.
CITIES = (
    ("United States", "Chicago", "IL", "60601", "+1 312"),
    ("United States", "Austin", "TX", "78701", "+1 512"),
    ("United States", "Seattle", "WA", "98101", "+1 206"),
    ("United States", "Boston", "MA", "02110", "+1 617"),
    ("United States", "Denver", "CO", "80202", "+1 303"),
    ("United States", "Atlanta", "GA", "30303", "+1 404"),
    ("United States", "Portland", "OR", "97204", "+1 503"),
    ("United States", "Columbus", "OH", "43215", "+1 614"),
    ("United States", "Minneapolis", "MN", "55401", "+1 612"),
    ("United Kingdom", "London", "", "EC2A 4NE", "+44 20"),
    ("United Kingdom", "Manchester", "", "M2 5DB", "+44 161"),
    ("United Kingdom", "Bristol", "", "BS1 4DJ", "+44 117"),
    ("Germany", "Berlin", "", "10117", "+49 30"),
    ("Germany", "Hamburg", "", "20095", "+49 40"),
    ("Germany", "München", "", "80331", "+49 89"),
    ("Germany", "Köln", "", "50667", "+49 221"),
    ("France", "Lyon", "", "69002", "+33 4"),
    ("France", "Paris", "", "75009", "+33 1"),
)
STREETS = {
    "United States": "{n} Lakeview Avenue|{n} Harbor Street|{n} Foundry Road|{n} Mercer Street, Suite {s}00|{n} Industrial Parkway|{n} Canal Street",
    "United Kingdom": "{n} Mill Lane|{n} Wharf Road|{n} Station Approach|{n} Foundry Yard|Unit {s}, {n} Brewery Row",
    "Germany": "Lindenstraße {n}|Am Werkhof {n}|Mühlenweg {n}|Hafenstraße {n}|Gartenallee {n}",
    "France": "{n} rue des Ateliers|{n} quai du Marché|{n} avenue de la Gare|{n} rue du Moulin",
}
LEFT = "Har Calder North Ash Brook Fair Green High Kings Lark Mill Oak Red Stone Thorn West White Wind Black Elm Fern Gold Hazel Iron Long Marl Pine Silver Summer Wood".split()
RIGHT = "wick gate field ridge haven ford well brook bridge stead mere dale croft moor ton port view crest fell bourne".split()
TRADES: Mapping[str, str] = {
    "manufacturing": "Components|Fabrication|Industries|Plastics",
    "machinery": "Machine Works|Engineering|Tooling|Hydraulics",
    "electronics": "Electronics|Circuits|Photonics",
    "technology": "Technologies|Systems|Labs",
    "software": "Software|Digital|Data",
    "telecommunications": "Networks|Telecom",
    "finance": "Capital|Leasing|Insurance",
    "retail": "Stores|Outfitters|Home",
    "consumer_goods": "Foods|Beverages|Apparel",
    "medical": "Medical|Biotech|Diagnostics",
    "education": "Learning|Academy",
    "construction": "Construction|Builders|Interiors",
    "energy": "Energy|Solar|Power",
    "logistics": "Logistics|Freight|Shipping",
    "agriculture": "Farms|Seeds|Agri",
    "entertainment": "Studios|Media",
    "marketing": "Creative|Marketing",
    "services": "Consulting|Partners|Testing",
    "employment": "Staffing",
}
FORMS = {
    "United States": ("Inc.", "LLC", "Corp.", ""),
    "United Kingdom": ("Ltd", "Ltd", "plc"),
    "Germany": ("GmbH", "GmbH", "AG"),
    "France": ("SAS", "SARL"),
}


def _name(given: str, family: str) -> Name:
    return Name(family, given, f"{given} {family}", f"{slug(given)}.{slug(family)}")


class English(Tongue):
    """English, with companies in the United States, Britain, Germany and France."""

    language = "en"
    department = "Sales"
    head = _name("Helena", "Marsh")
    squads = (
        Squad(
            "Americas",
            _name("Victor", "Delgado"),
            (_name("Maya", "Brooks"), _name("Ethan", "Palmer"), _name("Rosa", "Vasquez"), _name("Jack", "Turner")),
        ),
        Squad(
            "Northern Europe",
            _name("Karin", "Lindqvist"),
            (_name("Jonas", "Becker"), _name("Fiona", "Byrne"), _name("Erik", "Dahl")),
        ),
        Squad(
            "Key accounts",
            _name("Simon", "Whitaker"),
            (_name("Claire", "Fontaine"), _name("Oscar", "Holm"), _name("Priya", "Sanders")),
        ),
    )
    date_format = "{d} {month}"

    def person(self, rng: random.Random) -> Name:
        """Given and family name, from several countries."""
        return _name(rng.choice(GIVEN), rng.choice(FAMILIES))

    def firm(self, rng: random.Random, industry: str, place: Mapping[str, str]) -> Firm:
        """A made-up place or two family names, a trade and a legal form: Harwick Tooling Ltd."""
        trade = rng.choice(TRADES.get(industry, "Group|Trading").split("|"))
        if rng.random() < 0.25:
            one, two = rng.sample(FAMILIES, 2)
            brand = f"{one} & {two}"
        else:
            brand = rng.choice(LEFT) + rng.choice(RIGHT)
        form = rng.choice(FORMS.get(place["country"], ("",)))
        return Firm(f"{brand} {trade} {form}".strip(), brand, f"{slug(brand)}-{slug(trade)}")

    def called(self, name: Name, title: str) -> str:
        """By the given name."""
        return name.given

    def money(self, amount: int) -> str:
        """To the nearest thousand: 38k."""
        return f"{amount / 1000:.0f}k" if amount >= 10_000 else f"{amount}"

    def address(self, rng: random.Random) -> dict[str, str]:
        """An invented street in a real city."""
        country, city, region, postal, _ = rng.choice(CITIES)
        street = rng.choice(STREETS[country].split("|")).format(n=rng.randint(1, 480), s=rng.randint(1, 9))
        parts = {"country": country, "province": region, "city": city, "street": street, "postal_code": postal}
        return {k: v for k, v in parts.items() if v}

    def mobile(self, rng: random.Random, place: Mapping[str, str]) -> str:
        """From the ranges that regulators keep free for drama; Germany has hardly any for mobiles, so fixed lines there."""
        match place.get("country"):
            case "United Kingdom":
                return f"+44 7700 900{rng.randrange(1000):03d}"
            case "France":
                return f"+33 6 39 98 {rng.randrange(100):02d} {rng.randrange(100):02d}"
            case _:
                return self.phone(rng, place)

    def phone(self, rng: random.Random, place: Mapping[str, str]) -> str:
        """From the ranges that regulators keep free for drama."""
        code = next((c for _, city, _, _, c in CITIES if city == place.get("city")), "+1 212")
        three = f"{rng.randrange(1000):03d}"
        match code:
            case "+44 20":
                return f"+44 20 7946 0{three}"
            case "+44 161" | "+44 117":
                return f"{code} 496 0{three}"
            case "+49 30":
                return f"+49 30 23125 {three}"
            case "+49 40":
                return f"+49 40 66969 {three}"
            case "+49 89":
                return f"+49 89 99998 {three}"
            case "+49 221":
                return f"+49 221 4710 {three}"
            case "+33 1":
                return f"+33 1 99 00 {rng.randrange(100):02d} {rng.randrange(100):02d}"
            case "+33 4":
                return f"+33 4 65 71 {rng.randrange(100):02d} {rng.randrange(100):02d}"
            case _:
                return f"{code} 555 01{rng.randrange(100):02d}"
