"""Fields of customers that are empty for a reason: nobody wished for anything, it is in no group, nothing else is to be said."""

from __future__ import annotations

from guanxi import quality
from guanxi.apps.customers.reachable import FLAGS, PREFERENCES

WISHES = f"{PREFERENCES} {' '.join(FLAGS.values())}"
INVOICES = "invoice_title tax_number bank bank_account invoice_address invoice_phone"

quality.seldom(
    "account",
    f"{WISHES} {INVOICES} protected protected_until pool former_names parent household birthday_calendar reference description tags",
)
quality.seldom("contact", f"{WISHES} photo birthday_calendar reports_to reference description tags")
quality.seldom("lead", f"{WISHES} protected protected_until pool reference description tags")
