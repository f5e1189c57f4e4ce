"""The GraphQL documents of bulk operations, and the document that such an operation runs.

Shopify runs one query document over everything it matches and puts every node into a row of a file. Its rules:
one root field, at most five connections, two levels deep, `edges { node }` only, `id` on every parent, no
connection inside a list, no variables. Refunds with their lines break them, so what happened to an order
after its sale is read by id afterwards, as it is for pages.
"""

import hashlib
import re

from profitsync.sources.protocol import OrderWindow
from profitsync.sources.shopify import fragments, queries
from profitsync.sources.shopify.optional import Selection
from profitsync.sources.shopify.orderlist import search_text

# Fragments and directives are written out: neither is among what is known to work in a bulk document. `__typename`
# tells the rows of the two inner lists apart. The order of ids does not change while the job walks along it.
_ORDERS = f"""
  orders(query: "%s", sortKey: ID) {{
    edges {{
      node {{
        __typename{fragments.ORDER_FIELDS}
        transactions(first: {queries.TRANSACTIONS}) {{{fragments.TRANSACTION_FIELDS} }}
        refunds(first: 1) {{ id }}
        lineItems {{ edges {{ node {{ __typename{fragments.LINE_FIELDS} }} }} }}
        shippingLines {{ edges {{ node {{ __typename id{fragments.SHIPPING_FIELDS} }} }} }}
      }}
    }}
  }}"""
_OPTIONAL = re.compile(r"(?P<field>\w+) @include\(if: \$(?P<name>\w+)\) (?P<inner>\{(?:[^{}]|\{[^{}]*\})*\})")

START = """
mutation StartBulk($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) {
    bulkOperation { id status createdAt objectCount rootObjectCount }
    userErrors { field message code }
  }
}"""

POLL = """
query PollBulk($id: ID!) {
  bulkOperation(id: $id) { id status errorCode createdAt objectCount rootObjectCount url }
}"""

RUNNING = """
query RunningBulk {
  bulkOperations(first: 10, query: "status:running operation_type:query") {
    nodes { id status createdAt objectCount rootObjectCount query }
  }
}"""

CANCEL = """
mutation CancelBulk($id: ID!) {
  bulkOperationCancel(id: $id) { bulkOperation { id status } userErrors { field message } }
}"""

DOCUMENTS = (START, POLL, RUNNING, CANCEL)


class BulkQuery:
    """What to ask of every order, with the optional parts that are read now."""

    def __init__(self, selection: Selection, version: str) -> None:
        asked = selection()
        self._template = "{" + _OPTIONAL.sub(
            lambda part: f"{part['field']} {part['inner']}" if asked[part["name"]] else "", _ORDERS
        ) + "\n}"  # fmt: skip
        # Tells whether an operation was begun by this selection of fields in this version of the API.
        self.fingerprint = hashlib.sha256(f"{version}\n{self._template}".encode()).hexdigest()[:16]

    def document(self, window: OrderWindow) -> str:
        """The document for everything that changed since the window's start.

        It has no upper bound in time of change: it is a picture of the shop while the operation runs, and an
        order that changes meanwhile must not fall out of it.
        """
        return self._template % search_text(open_ended(window), window.updated_from)

    def is_ours(self, document: str) -> bool:
        """Whether a document asks exactly this, of whatever window."""
        begin, end = (" ".join(part.split()) for part in self._template.split("%s"))
        given = " ".join(document.split())
        return given.startswith(begin) and given.endswith(end)


def open_ended(window: OrderWindow) -> OrderWindow:
    """The window up to the present, whenever that is."""
    return OrderWindow(window.updated_from, None, window.processed_before)
