"""Invented Western companies, people and what is said about them. The words are ordinary; the combinations are made up."""
# ruff: noqa: SIM905, ARG002 - a list of words reads best as words; a language may not need all that it is told

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from guanxi.sample.tongue import Firm, Good, Line, Name, Squad, Tongue, slug

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
    goods = (
        Good(
            "Production Planner",
            "Planner",
            "GX-APS",
            "Software",
            38_000,
            "licence",
            "Plans orders, machines and people; replans in minutes when something breaks.",
        ),
        Good(
            "Machine Gateway",
            "Gateways",
            "GX-GW2",
            "Hardware",
            950,
            "piece",
            "Collects vibration, temperature and current; keeps data through outages.",
        ),
        Good(
            "Vision Inspection Station",
            "Vision Inspection",
            "GX-VS4",
            "Hardware",
            19_500,
            "piece",
            "Finds surface faults in line, on twelve materials.",
        ),
        Good(
            "Energy Monitor",
            "Energy Monitor",
            "GX-EMS",
            "Software",
            22_000,
            "licence",
            "Meters by area, tariffs and carbon reports.",
        ),
        Good(
            "Warehouse Manager",
            "Warehouse Manager",
            "GX-WMS",
            "Software",
            27_500,
            "licence",
            "Receiving, picking and counting, on handhelds.",
        ),
        Good(
            "Shop Floor Board",
            "Shop Floor Board",
            "GX-BRD",
            "Subscription",
            5_200,
            "year",
            "What runs, what stands and why, for each line.",
        ),
        Good(
            "Predictive Maintenance",
            "Predictive Maintenance",
            "GX-PDM",
            "Subscription",
            12_400,
            "year",
            "Early warning for bearings and motors.",
        ),
        Good(
            "Data Integration",
            "Integration",
            "GX-INT",
            "Services",
            10_800,
            "project",
            "Connects planning, production and finance.",
        ),
        Good(
            "On-site Implementation",
            "Implementation",
            "GX-IMP",
            "Services",
            1_150,
            "day",
            "Installation, tuning and acceptance on site.",
        ),
        Good(
            "Operator Training",
            "Training",
            "GX-TRN",
            "Services",
            2_400,
            "day",
            "For shift leads and operators, at their machines.",
        ),
        Good("Annual Support", "Support", "GX-MNT", "Services", 7_200, "year", "Round the clock, spare parts first."),
        Good("Rugged Tablet", "Tablets", "GX-T10", "Hardware", 690, "piece", "Ten inches, works with gloves on."),
    )
    titles = (
        ("Managing Director", "Management", "decider"), ("Chief Operating Officer", "Management", "decider"), ("Plant Manager", "Operations", "decider"),
        ("Head of Procurement", "Procurement", "buyer"), ("Procurement Specialist", "Procurement", "buyer"), ("IT Manager", "IT", "influencer"),
        ("Head of Engineering", "Engineering", "influencer"), ("Maintenance Lead", "Maintenance", "influencer"), ("Shift Supervisor", "Operations", "user"),
        ("Quality Manager", "Quality", "influencer"), ("Finance Director", "Finance", "decider"), ("Controller", "Finance", "gatekeeper"),
        ("Assistant to the Director", "Management", "gatekeeper"), ("Warehouse Supervisor", "Logistics", "user"), ("Project Manager", "Projects", "user"),
    )  # fmt: skip
    deals = (
        "{firm} {product}",
        "{firm} {product} pilot",
        "{firm} {product}, phase 2",
        "{firm} {product} rollout",
        "{firm} new plant {product}",
        "{firm} {product} upgrade",
    )
    renewals = ("{firm} {product} renewal", "{firm} framework renewal")
    steps = (
        "Send the revised quote by Thursday", "Demo for the engineering lead", "Waiting for legal", "Agree on payment milestones", "Share two references",
        "Confirm the budget with procurement", "Arrange a trial unit", "Answer the security questionnaire", "Submit the tender", "Invite the COO to the show plant",
    )  # fmt: skip
    needs = (
        "Three lines change over all day; planning takes half a shift.", "Old machines are not connected; monitoring first, automation later.",
        "Customers ask for traceability by batch, records are on paper.", "Energy is up by a third and nobody knows where it goes.",
        "Stock on paper and on the shelf differ; must be fixed before year end.", "Visual checks miss too much; wants to see a camera solution.",
    )  # fmt: skip
    tags = (
        "Reference",
        "Group",
        "Public company",
        "Family business",
        "Referral",
        "Visit in person",
        "Net 60",
        "Exporter",
    )
    places = ("Their office", "Their plant", "Our showroom", "Video call", "Show plant", "Headquarters, 4th floor")
    notes = (
        Line(
            "Site visit",
            "{person} showed us two lines. The bottleneck is change-over and waiting for parts. Planning lives in one person's head. They would start with one line.",
        ),
        Line(
            "Budget",
            "{person} confirmed about {amount} for this year, planned for the second quarter. Anything above needs the director's signature.",
        ),
        Line(
            "Competition",
            "They are looking at another vendor, ten percent cheaper but without people nearby. {person} cares more about time to go live.",
        ),
        Line(
            "Technical session",
            "Interfaces are agreed: planning is standard, production needs about 15 days of work. {person} wants a test environment.",
        ),
        Line(
            "Feedback on the quote",
            "{person} is fine with the total for {product}, but asks for 30 % up front and the rest after acceptance. I promised to ask.",
        ),
        Line(
            "Who decides",
            "The director decides; {person} writes the case and finance looks at the payback. They need a calculation from us.",
        ),
        Line(
            "News from them",
            "The new plant starts next month. {product} should be in place before the first trial run.",
        ),
        Line(
            "After go-live",
            "Two weeks in: on-time delivery went from 82 % to 93 %. {person} is happy to be a reference and mentioned the second site.",
            won=True,
        ),
        Line(
            "Contract", "Legal changed two clauses, liability and data ownership. Ours will answer within three days."
        ),
        Line(
            "Pilot results",
            "Change-over time is down by 26 %. {person} presented it to the board; they want to roll it out.",
            won=True,
        ),
        Line("Referral", "{person} introduced us to the plant manager of a sister company. Call next week."),
        Line("Payment", "Invoice received; {person} says it goes out with the month-end run.", won=True),
    )
    calls = (
        Line("Set a time for the demo", "{day} in the morning; {person} brings production and IT."),
        Line("Follow up on the quote", "{person} has it, internal approval is running, answer next week."),
        Line("Ask about the budget", "Not approved yet; {person} suggests a small pilot first."),
        Line("Contract details", "Payment and warranty are settled, delivery date is open."),
        Line("How is it going?", "Satisfied overall. Exports could be faster, noted.", won=True),
        Line("First contact", "{person} is interested and asks for a reference in their industry."),
        Line("Open invoice", "{person} promised to pay this week.", won=True),
        Line("Invitation to the fair", "{person} will come with two colleagues."),
    )
    missed = (Line("No answer, will try again"), Line("Left a message"), Line("Line busy"))
    meetings = (
        Line("Demo", "{product}, with change-over and rush orders. {person} with production and IT."),
        Line("Site survey", "Machines, network and where to mount things."),
        Line("Negotiation", "Price, milestones and acceptance."),
        Line("Kick-off", "Milestones, who is responsible, how we talk."),
        Line("Executive visit", "Our plans and their capacity for the next three years."),
        Line("Quarterly review", "Usage and what to improve.", won=True),
        Line("Questions and answers", "Interfaces, rights, security."),
    )
    tasks = (
        Line("Send {person} the revised quote", "With 30 % up front."),
        Line("Prepare the {product} demo", "With their sample data; try it the day before."),
        Line("Send references to {person}", ""),
        Line("Arrange a visit with {person}", ""),
        Line("Get the contract approved", "Attach legal's comments and the quote."),
        Line("Check billing details of {firm}", ""),
        Line("Ship the trial unit", "Put the project number on the box."),
        Line("Collect pilot figures", "Change-over times and reasons for downtime.", won=True),
        Line("Update the tender", "Add service locations and certificates."),
        Line("Answer {person}'s questions", "How long data is kept; on-premises or not."),
        Line("Ask for a special price", "Attach the other offer."),
        Line("{firm}: renewal is due", "Offer a month before it ends.", won=True),
    )
    about: Mapping[str, Sequence[str]] = {
        "manufacturing": (
            "Two plants, mostly for export, three shifts in high season.",
            "Supplies car and appliance makers; late deliveries cost them dearly.",
        ),
        "machinery": ("Small batches, frequent change-overs, modern machines.",),
        "electronics": ("Eight assembly lines; customers ask for full traceability.",),
        "logistics": ("50,000 m² of warehouse, 20,000 orders a day.",),
        "consumer_goods": ("Many small batches; shelf life matters.",),
        "medical": ("Must trace every device; an audit is due before year end.",),
        "": (
            "Looks closely at payback.",
            "Central purchasing, each plant accepts on its own.",
            "Came by referral; decides fast.",
        ),
    }
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
