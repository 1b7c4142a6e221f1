"""The CRM: its nouns and their manners, one file each, a folder for each area of the business."""

from guanxi import pools  # what can be in one points to it
from guanxi.apps import (
    automation,  # its steps of flows
    circle,  # panels and alerts
)
from guanxi.apps.customers import contacted, empty, same, standing, wishes
from guanxi.apps.customers.account import Account
from guanxi.apps.customers.affiliation import Affiliation
from guanxi.apps.customers.consent import Consent
from guanxi.apps.customers.contact import Contact
from guanxi.apps.customers.household import Household
from guanxi.apps.customers.lead import Lead
from guanxi.apps.customers.location import Location
from guanxi.apps.customers.relation import Relation
from guanxi.apps.roles import ROLES
from guanxi.apps.sales.contract import Contract
from guanxi.apps.sales.opportunity import PIPELINES, Opportunity
from guanxi.apps.sales.order import Order
from guanxi.apps.sales.order_line import OrderLine
from guanxi.apps.sales.payment import Payment
from guanxi.apps.sales.product import Product
from guanxi.apps.sales.target import Target
from guanxi.apps.service.case import Case
from guanxi.apps.work.call import Call
from guanxi.apps.work.comment import Comment
from guanxi.apps.work.document import Document
from guanxi.apps.work.interaction import Interaction
from guanxi.apps.work.meeting import Meeting
from guanxi.apps.work.note import Note
from guanxi.apps.work.task import Task
from guanxi.apps.work.visit import Visit
from guanxi.records import declare
from guanxi.schema.catalog import Declared

NOUNS = (
    *(Account, Contact, Lead, Opportunity, Contract, Order, OrderLine, Payment, Product, Target, Case),
    *(Task, Note, Call, Meeting, Visit, Interaction, Comment, Document),
    *(Affiliation, Relation, Location, Household, Consent),
)

__all__ = [
    "NOUNS",
    "PIPELINES",
    "ROLES",
    "automation",
    "circle",
    "contacted",
    "empty",
    "pools",
    "same",
    "standing",
    "wishes",
]

declare(Declared(tuple(noun.object for noun in NOUNS), PIPELINES, ROLES))
