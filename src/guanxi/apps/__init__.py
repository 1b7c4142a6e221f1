"""The CRM: its nouns and their manners, one file each, a folder for each area of the business."""

from guanxi.apps import automation  # its steps of flows
from guanxi.apps.customers.account import Account
from guanxi.apps.customers.contact import Contact
from guanxi.apps.customers.lead import Lead
from guanxi.apps.roles import ROLES
from guanxi.apps.sales.opportunity import PIPELINES, Opportunity
from guanxi.apps.sales.product import Product
from guanxi.apps.work.call import Call
from guanxi.apps.work.comment import Comment
from guanxi.apps.work.meeting import Meeting
from guanxi.apps.work.note import Note
from guanxi.apps.work.task import Task
from guanxi.records import declare
from guanxi.schema.catalog import Declared

NOUNS = (Account, Contact, Lead, Opportunity, Product, Task, Note, Call, Meeting, Comment)

__all__ = ["NOUNS", "PIPELINES", "ROLES", "automation"]

declare(Declared(tuple(noun.object for noun in NOUNS), PIPELINES, ROLES))
