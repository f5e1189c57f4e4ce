"""Every GraphQL document. Valid in versions 2026-01 to 2026-10, without deprecated fields or buyer data.

Page sizes keep each document far below the 1,000 points that one query may ask for. Shopify's published
cost rules do not say what `nodes(ids:)` costs; the batch sizes hold even if every id is charged in full.
"""

PAGE = 50  # orders per page: larger ones run into time-outs before they run into costs
LINES = 100  # lines of an order that come with the page
TRANSACTIONS = 30
DETAIL_BATCH = 15
REFUNDS = 20
FULFILLMENTS = 20
AGREEMENT_BATCH = 10
VARIANT_BATCH = 250  # the most elements an input list may have
MOST = 250  # the most elements any list or page may have

_PAGE_INFO = "pageInfo { hasNextPage endCursor }"
_AMOUNT = "{ shopMoney { amount } }"

LINE_FIELDS = f"""
  id name sku quantity currentQuantity isGiftCard requiresShipping
  product {{ id }}
  variant {{ id }}
  originalUnitPriceSet {_AMOUNT}
  discountAllocations {{ allocatedAmountSet {_AMOUNT} }}
  taxLines {{ rate priceSet {_AMOUNT} }}"""

_LINE = f"""
fragment Line on LineItem {{{LINE_FIELDS}
}}"""

SHIPPING_FIELDS = f"""
  isRemoved
  discountedPriceSet {_AMOUNT}
  taxLines {{ rate priceSet {_AMOUNT} }}"""

_SHIPPING_LINE = f"""
fragment Shipping on ShippingLine {{{SHIPPING_FIELDS}
}}"""

TRANSACTION_FIELDS = f"""
  kind status test gateway createdAt processedAt
  amountSet {_AMOUNT}
  fees {{ amount {{ amount currencyCode }} }}"""

_TRANSACTION = f"""
fragment Transaction on OrderTransaction {{{TRANSACTION_FIELDS}
}}"""

_REFUND_LINE = f"""
fragment RefundLine on RefundLineItem {{
  quantity restockType
  lineItem {{ id }}
  subtotalSet {_AMOUNT}
  totalTaxSet {_AMOUNT}
}}"""

_REFUND_SHIPPING = f"""
fragment RefundShipping on RefundShippingLine {{ subtotalAmountSet {_AMOUNT} taxAmountSet {_AMOUNT} }}"""

_ADJUSTMENT = f"""
fragment Adjustment on OrderAdjustment {{ reason amountSet {_AMOUNT} taxAmountSet {_AMOUNT} }}"""

_REFUND_TRANSACTION = """
fragment RefundTransaction on OrderTransaction { kind status }"""

_REFUND = f"""
fragment RefundFields on Refund {{
  id createdAt processedAt
  totalRefundedSet {_AMOUNT}
  refundLineItems(first: 50) {{ {_PAGE_INFO} nodes {{ ...RefundLine }} }}
  refundShippingLines(first: 3) {{ {_PAGE_INFO} nodes {{ ...RefundShipping }} }}
  orderAdjustments(first: 3) {{ {_PAGE_INFO} nodes {{ ...Adjustment }} }}
  transactions(first: 3) {{ {_PAGE_INFO} nodes {{ ...RefundTransaction }} }}
}}{_REFUND_LINE}{_REFUND_SHIPPING}{_ADJUSTMENT}{_REFUND_TRANSACTION}"""

_FULFILLED_LINE = """
fragment FulfilledLine on FulfillmentLineItem { quantity lineItem { id } }"""

_FULFILLMENT = f"""
fragment FulfillmentFields on Fulfillment {{
  id status
  fulfillmentLineItems(first: 50) {{ {_PAGE_INFO} nodes {{ ...FulfilledLine }} }}
}}{_FULFILLED_LINE}"""

_SALE = f"""
fragment SaleFields on Sale {{
  id actionType lineType quantity
  totalAmount {_AMOUNT}
  totalTaxAmount {_AMOUNT}
  totalDiscountAmountBeforeTaxes {_AMOUNT}
  ... on ProductSale {{ lineItem {{ id }} }}
  ... on GiftCardSale {{ lineItem {{ id }} }}
  ... on TipSale {{ lineItem {{ id }} }}
}}"""


def _agreements(arguments: str, sales: str) -> str:
    return f"""agreements({arguments}) {{
      {_PAGE_INFO}
      nodes {{
        happenedAt reason
        ... on RefundAgreement {{ refund {{ id }} }}
        sales({sales}) {{ {_PAGE_INFO} nodes {{ ...SaleFields }} }}
      }}
    }}"""


def _further(name: str, owner: str, field: str, part: str, fragments: str) -> str:
    """The document for the next page of one object's inner list."""
    return f"""
query {name}($id: ID!, $after: String) {{
  owner: {owner}(id: $id) {{
    items: {field}(first: {MOST}, after: $after) {{ {_PAGE_INFO} nodes {{ ...{part} }} }}
  }}
}}{fragments}"""


def _whole(name: str, field: str, part: str, fragments: str) -> str:
    """The document for one order's list that has no cursor, as long as it may get."""
    return f"""
query {name}($id: ID!) {{
  owner: order(id: $id) {{ items: {field}(first: {MOST}) {{ ...{part} }} }}
}}{fragments}"""


# What an order says of itself; its inner lists come beside.
ORDER_FIELDS = f"""
      id name test edited taxesIncluded
      createdAt processedAt updatedAt cancelledAt
      paymentGatewayNames
      originalTotalPriceSet {{ shopMoney {{ amount currencyCode }} }}
      currentTotalPriceSet {_AMOUNT}
      totalTipReceivedSet {_AMOUNT}
      originalTotalDutiesSet {_AMOUNT}
      originalTotalAdditionalFeesSet {_AMOUNT}
      customer {{ id numberOfOrders }}
      customerJourneySummary {{ ready customerOrderIndex }}"""

SHOP = """
query Shop { shop { currencyCode ianaTimezone } }"""

ORDERS = f"""
query Orders($first: Int!, $after: String, $query: String!) {{
  shop {{ currencyCode ianaTimezone }}
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    {_PAGE_INFO}
    nodes {{{ORDER_FIELDS}
      lineItems(first: {LINES}) {{ {_PAGE_INFO} nodes {{ ...Line }} }}
      shippingLines(first: 5) {{ {_PAGE_INFO} nodes {{ ...Shipping }} }}
      transactions(first: {TRANSACTIONS}) {{ ...Transaction }}
      refunds(first: 1) {{ id }}
    }}
  }}
}}{_LINE}{_SHIPPING_LINE}{_TRANSACTION}"""

DETAILS = f"""
query OrderDetails($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on Order {{
      id
      refunds(first: {REFUNDS}) {{ ...RefundFields }}
      fulfillments(first: {FULFILLMENTS}) {{ ...FulfillmentFields }}
    }}
  }}
}}{_REFUND}{_FULFILLMENT}"""

AGREEMENTS = f"""
query OrderAgreements($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on Order {{
      id
      {_agreements("first: 5", "first: 10")}
    }}
  }}
}}{_SALE}"""

ONE_AGREEMENT = f"""
query OneAgreement($id: ID!, $after: String, $salesAfter: String) {{
  owner: order(id: $id) {{
    {_agreements("first: 1, after: $after", f"first: {MOST}, after: $salesAfter")}
  }}
}}{_SALE}"""

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

MORE_LINES = _further("MoreLines", "order", "lineItems", "Line", _LINE)
MORE_SHIPPING = _further("MoreShipping", "order", "shippingLines", "Shipping", _SHIPPING_LINE)
MORE_REFUND_LINES = _further("MoreRefundLines", "refund", "refundLineItems", "RefundLine", _REFUND_LINE)
MORE_REFUND_SHIPPING = _further(
    "MoreRefundShipping", "refund", "refundShippingLines", "RefundShipping", _REFUND_SHIPPING
)
MORE_ADJUSTMENTS = _further("MoreAdjustments", "refund", "orderAdjustments", "Adjustment", _ADJUSTMENT)
MORE_REFUND_TRANSACTIONS = _further(
    "MoreRefundTransactions", "refund", "transactions", "RefundTransaction", _REFUND_TRANSACTION
)
MORE_FULFILLED_LINES = _further(
    "MoreFulfilledLines", "fulfillment", "fulfillmentLineItems", "FulfilledLine", _FULFILLED_LINE
)
ALL_TRANSACTIONS = _whole("AllTransactions", "transactions", "Transaction", _TRANSACTION)
ALL_REFUNDS = _whole("AllRefunds", "refunds", "RefundFields", _REFUND)
ALL_FULFILLMENTS = _whole("AllFulfillments", "fulfillments", "FulfillmentFields", _FULFILLMENT)

DOCUMENTS = (
    SHOP, ORDERS, DETAILS, AGREEMENTS, ONE_AGREEMENT, UNIT_COSTS, MORE_LINES, MORE_SHIPPING, MORE_REFUND_LINES,
    MORE_REFUND_SHIPPING, MORE_ADJUSTMENTS, MORE_REFUND_TRANSACTIONS, MORE_FULFILLED_LINES, ALL_TRANSACTIONS,
    ALL_REFUNDS, ALL_FULFILLMENTS,
)  # fmt: skip
