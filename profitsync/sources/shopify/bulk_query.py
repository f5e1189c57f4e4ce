"""The GraphQL documents of bulk operations, and the document that such an operation runs.

Shopify runs one query document over everything it matches and puts every node into a row of a file. Its rules:
one root field, at most five connections, two levels deep, `edges { node }` only, `id` on every parent, no
connection inside a list, no variables. Refunds with their lines break them, so what happened to an order
after its sale is read by id afterwards, as it is for pages.
"""

import hashlib

from profitsync.sources.protocol import OrderWindow
from profitsync.sources.shopify import queries
from profitsync.sources.shopify.search import search_text

# Fields are written out: fragments are not among what is known to work in a bulk document. `__typename` tells
# the rows of the two inner lists apart. The order of ids does not change while the job walks along it.
_ORDERS = f"""
  orders(query: "%s", sortKey: ID) {{
    edges {{
      node {{
      __typename{queries.ORDER_FIELDS}
      transactions(first: {queries.TRANSACTIONS}) {{{queries.TRANSACTION_FIELDS} }}
      refunds(first: 1) {{ id }}
      lineItems {{ edges {{ node {{ __typename{queries.LINE_FIELDS} }} }} }}
      shippingLines {{ edges {{ node {{ __typename id{queries.SHIPPING_FIELDS} }} }} }}
      }}
    }}
  }}"""

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

COUNT = """
query CountOrders($query: String!) { ordersCount(query: $query, limit: null) { count } }"""

DOCUMENTS = (START, POLL, RUNNING, CANCEL, COUNT)


def bulk_document(window: OrderWindow) -> str:
    """The document for everything that changed since the window's start.

    It has no upper bound in time of change: it is a picture of the shop while the operation runs, and an order
    that changes meanwhile must not fall out of it.
    """
    return "{" + _ORDERS % search_text(open_ended(window), window.updated_from) + "\n}"


def open_ended(window: OrderWindow) -> OrderWindow:
    """The window up to the present, whenever that is."""
    return OrderWindow(window.updated_from, None, window.processed_before)


def fingerprint(version: str) -> str:
    """Tells whether an operation was started by this selection of fields in this version of the API."""
    return hashlib.sha256(f"{version}\n{_ORDERS}".encode()).hexdigest()[:16]


def is_ours(document: str) -> bool:
    """Whether a document asks exactly what `bulk_document` asks, of whatever window."""
    begin, end = ("{" + _ORDERS + "\n}").split("%s")
    given = " ".join(document.split())
    return given.startswith(" ".join(begin.split())) and given.endswith(" ".join(end.split()))
