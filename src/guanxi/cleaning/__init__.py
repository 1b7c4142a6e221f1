"""What a value is in its standard form: companies, addresses, numbers. Pure functions; nothing is looked up outside."""

from guanxi.cleaning.addresses import Place, complete, place
from guanxi.cleaning.characters import simplified, tidy
from guanxi.cleaning.codes import compact, credit_code, credit_code_ok, identity_ok
from guanxi.cleaning.companies import Parts, company_key, company_name, company_parts
from guanxi.cleaning.contacts import domain_of, host_of
from guanxi.cleaning.lettered import country_in, lettered

__all__ = [
    "Parts",
    "Place",
    "compact",
    "company_key",
    "company_name",
    "company_parts",
    "complete",
    "country_in",
    "credit_code",
    "credit_code_ok",
    "domain_of",
    "host_of",
    "identity_ok",
    "lettered",
    "place",
    "simplified",
    "tidy",
]
