"""Every GraphQL document. Valid in versions 2026-01 to 2026-10, without deprecated fields or buyer data.

Page sizes keep each document far below the 1,000 points that one query may ask for. Shopify's published
cost rules do not say what `nodes(ids:)` costs; the batch sizes hold even if every id is charged in full.
"""

from profitsync.sources.shopify.fragments import (
    ADJUSTMENT,
    FULFILLED_LINE,
    FULFILLMENT,
    LINE,
    MOST,
    PAGE_INFO,
    REFUND,
    REFUND_LINE,
    REFUND_SHIPPING,
    REFUND_TRANSACTION,
    SALE,
    SHIPPING_LINE,
    TRANSACTION,
    agreements,
    further,
    order,
    whole,
)

PAGE = 50  # orders per page: larger ones run into time-outs before they run into costs
LINES = 50  # lines of an order that come with the page
TRANSACTIONS = 20
ORDER_BATCH = 15
DETAIL_BATCH = 15
REFUNDS = 20
FULFILLMENTS = 20
AGREEMENT_BATCH = 10
VARIANT_BATCH = MOST  # the most elements an input list may have
COUNTS_AT_ONCE = 8  # spans of time counted with one query, 10 points each

OPTIONAL = "$fees: Boolean!, $products: Boolean!, $journey: Boolean!"
_ORDER = order(LINES, TRANSACTIONS)

SHOP = """
query Shop { shop { currencyCode ianaTimezone } }"""

SCOPES = """
query Scopes { currentAppInstallation { accessScopes { handle } } }"""

CHECK = """
query Check {
  shop { currencyCode ianaTimezone }
  currentAppInstallation { accessScopes { handle } }
  publicApiVersions { handle supported }
}"""

_COUNTED = range(COUNTS_AT_ONCE)
COUNTS = f"""
query CountSpans({", ".join(f"$q{n}: String!" for n in _COUNTED)}) {{
{chr(10).join(f"  c{n}: ordersCount(query: $q{n}, limit: null) {{ count }}" for n in _COUNTED)}
}}"""

ORDERS = f"""
query Orders($first: Int!, $after: String, $query: String!, $count: Boolean!, {OPTIONAL}) {{
  shop {{ currencyCode ianaTimezone }}
  counted: ordersCount(query: $query, limit: null) @include(if: $count) {{ count }}
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    {PAGE_INFO}
    nodes {{ ...OrderFields }}
  }}
}}{_ORDER}"""

COUNT = """
query CountOrders($query: String!) { counted: ordersCount(query: $query, limit: null) { count } }"""

ORDERS_BY_ID = f"""
query OrdersById($ids: [ID!]!, {OPTIONAL}) {{
  nodes(ids: $ids) {{ ... on Order {{ ...OrderFields }} }}
}}{_ORDER}"""

ORDER_IDS = f"""
query OrderIds($first: Int!, $after: String, $query: String!, $count: Boolean!) {{
  counted: ordersCount(query: $query, limit: null) @include(if: $count) {{ count }}
  orders(first: $first, after: $after, query: $query, sortKey: ID) {{ {PAGE_INFO} nodes {{ id }} }}
}}"""

DETAILS = f"""
query OrderDetails($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on Order {{
      id
      refunds(first: {REFUNDS}) {{ ...RefundFields }}
      fulfillments(first: {FULFILLMENTS}) {{ ...FulfillmentFields }}
    }}
  }}
}}{REFUND}{FULFILLMENT}"""

AGREEMENTS = f"""
query OrderAgreements($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on Order {{
      id
      {agreements("first: 5", "first: 10")}
    }}
  }}
}}{SALE}"""

ONE_AGREEMENT = f"""
query OneAgreement($id: ID!, $after: String, $salesAfter: String) {{
  owner: order(id: $id) {{
    {agreements("first: 1, after: $after", f"first: {MOST}, after: $salesAfter")}
  }}
}}{SALE}"""

UNIT_COSTS = """
query UnitCosts($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on ProductVariant {
      id sku
      product { id title }
      inventoryItem { unitCost { amount currencyCode } }
    }
  }
}"""

MORE_LINES = further("MoreLines", "order", "lineItems", "Line", LINE, ", $products: Boolean!")
MORE_SHIPPING = further("MoreShipping", "order", "shippingLines", "Shipping", SHIPPING_LINE)
MORE_REFUND_LINES = further("MoreRefundLines", "refund", "refundLineItems", "RefundLine", REFUND_LINE)
MORE_REFUND_SHIPPING = further(
    "MoreRefundShipping", "refund", "refundShippingLines", "RefundShipping", REFUND_SHIPPING
)
MORE_ADJUSTMENTS = further("MoreAdjustments", "refund", "orderAdjustments", "Adjustment", ADJUSTMENT)
MORE_REFUND_TRANSACTIONS = further(
    "MoreRefundTransactions", "refund", "transactions", "RefundTransaction", REFUND_TRANSACTION
)
MORE_FULFILLED_LINES = further(
    "MoreFulfilledLines", "fulfillment", "fulfillmentLineItems", "FulfilledLine", FULFILLED_LINE
)
ALL_TRANSACTIONS = whole("AllTransactions", "transactions", "Transaction", TRANSACTION, ", $fees: Boolean!")
ALL_REFUNDS = whole("AllRefunds", "refunds", "RefundFields", REFUND)
ALL_FULFILLMENTS = whole("AllFulfillments", "fulfillments", "FulfillmentFields", FULFILLMENT)

DOCUMENTS = (
    SHOP, SCOPES, CHECK, COUNTS, ORDERS, COUNT, ORDERS_BY_ID, ORDER_IDS, DETAILS, AGREEMENTS, ONE_AGREEMENT,
    UNIT_COSTS, MORE_LINES, MORE_SHIPPING, MORE_REFUND_LINES, MORE_REFUND_SHIPPING, MORE_ADJUSTMENTS,
    MORE_REFUND_TRANSACTIONS, MORE_FULFILLED_LINES, ALL_TRANSACTIONS, ALL_REFUNDS, ALL_FULFILLMENTS,
)  # fmt: skip
