"""The parts GraphQL documents are made of: what is asked of each kind of object.

A part that is optional stands behind a variable: fees (`$fees`) are asked for only where the merchant counts
them; products (`$products`) and the buyer's order number (`$journey`) need permissions an app may lack.
"""

MOST = 250  # the most elements any list or page may have

PAGE_INFO = "pageInfo { hasNextPage endCursor }"
_AMOUNT = "{ shopMoney { amount } }"

LINE_FIELDS = f"""
  id name sku quantity currentQuantity isGiftCard requiresShipping
  product @include(if: $products) {{ id }}
  variant @include(if: $products) {{ id }}
  originalUnitPriceSet {_AMOUNT}
  discountAllocations {{ allocatedAmountSet {_AMOUNT} }}
  taxLines {{ rate priceSet {_AMOUNT} }}"""

LINE = f"""
fragment Line on LineItem {{{LINE_FIELDS}
}}"""

SHIPPING_FIELDS = f"""
  isRemoved
  discountedPriceSet {_AMOUNT}
  taxLines {{ rate priceSet {_AMOUNT} }}"""

SHIPPING_LINE = f"""
fragment Shipping on ShippingLine {{{SHIPPING_FIELDS}
}}"""

TRANSACTION_FIELDS = f"""
  kind status test gateway createdAt processedAt
  amountSet {_AMOUNT}
  fees @include(if: $fees) {{ amount {{ amount currencyCode }} }}"""

TRANSACTION = f"""
fragment Transaction on OrderTransaction {{{TRANSACTION_FIELDS}
}}"""

REFUND_LINE = f"""
fragment RefundLine on RefundLineItem {{
  quantity restockType
  lineItem {{ id }}
  subtotalSet {_AMOUNT}
  totalTaxSet {_AMOUNT}
}}"""

REFUND_SHIPPING = f"""
fragment RefundShipping on RefundShippingLine {{ subtotalAmountSet {_AMOUNT} taxAmountSet {_AMOUNT} }}"""

ADJUSTMENT = f"""
fragment Adjustment on OrderAdjustment {{ reason amountSet {_AMOUNT} taxAmountSet {_AMOUNT} }}"""

REFUND_TRANSACTION = """
fragment RefundTransaction on OrderTransaction { kind status }"""

REFUND = f"""
fragment RefundFields on Refund {{
  id createdAt processedAt
  totalRefundedSet {_AMOUNT}
  refundLineItems(first: 50) {{ {PAGE_INFO} nodes {{ ...RefundLine }} }}
  refundShippingLines(first: 3) {{ {PAGE_INFO} nodes {{ ...RefundShipping }} }}
  orderAdjustments(first: 3) {{ {PAGE_INFO} nodes {{ ...Adjustment }} }}
  transactions(first: 3) {{ {PAGE_INFO} nodes {{ ...RefundTransaction }} }}
}}{REFUND_LINE}{REFUND_SHIPPING}{ADJUSTMENT}{REFUND_TRANSACTION}"""

FULFILLED_LINE = """
fragment FulfilledLine on FulfillmentLineItem { quantity lineItem { id } }"""

FULFILLMENT = f"""
fragment FulfillmentFields on Fulfillment {{
  id status
  fulfillmentLineItems(first: 50) {{ {PAGE_INFO} nodes {{ ...FulfilledLine }} }}
}}{FULFILLED_LINE}"""

SALE = f"""
fragment SaleFields on Sale {{
  id actionType lineType quantity
  totalAmount {_AMOUNT}
  totalTaxAmount {_AMOUNT}
  totalDiscountAmountBeforeTaxes {_AMOUNT}
  ... on ProductSale {{ lineItem {{ id }} }}
  ... on GiftCardSale {{ lineItem {{ id }} }}
  ... on TipSale {{ lineItem {{ id }} }}
}}"""


def agreements(arguments: str, sales: str) -> str:
    return f"""agreements({arguments}) {{
      {PAGE_INFO}
      nodes {{
        happenedAt reason
        ... on RefundAgreement {{ refund {{ id }} }}
        sales({sales}) {{ {PAGE_INFO} nodes {{ ...SaleFields }} }}
      }}
    }}"""


def further(name: str, owner: str, field: str, part: str, fragments: str, optional: str = "") -> str:
    """The document for the next page of one object's inner list; `optional` declares the part's variables."""
    return f"""
query {name}($id: ID!, $after: String{optional}) {{
  owner: {owner}(id: $id) {{
    items: {field}(first: {MOST}, after: $after) {{ {PAGE_INFO} nodes {{ ...{part} }} }}
  }}
}}{fragments}"""


def whole(name: str, field: str, part: str, fragments: str, optional: str = "") -> str:
    """The document for one order's list that has no cursor, as long as it may get."""
    return f"""
query {name}($id: ID!{optional}) {{
  owner: order(id: $id) {{ items: {field}(first: {MOST}) {{ ...{part} }} }}
}}{fragments}"""


# What an order says of itself; its inner lists come beside.
ORDER_FIELDS = f"""
  id name test edited taxesIncluded
  createdAt processedAt updatedAt cancelledAt
  paymentGatewayNames presentmentCurrencyCode
  originalTotalPriceSet {{ shopMoney {{ amount currencyCode }} }}
  subtotalPriceSet {_AMOUNT}
  currentTotalPriceSet {_AMOUNT}
  totalTipReceivedSet {_AMOUNT}
  originalTotalDutiesSet {_AMOUNT}
  originalTotalAdditionalFeesSet {_AMOUNT}
  customer {{ id numberOfOrders }}
  customerJourneySummary @include(if: $journey) {{ ready customerOrderIndex }}"""


def order(lines: int, transactions: int) -> str:
    """The fragment for an order as the list gives it, with so many of its lines and transactions."""
    return f"""
fragment OrderFields on Order {{{ORDER_FIELDS}
  lineItems(first: {lines}) {{ {PAGE_INFO} nodes {{ ...Line }} }}
  shippingLines(first: 3) {{ {PAGE_INFO} nodes {{ ...Shipping }} }}
  transactions(first: {transactions}) {{ ...Transaction }}
  refunds(first: 1) {{ id }}
}}{LINE}{SHIPPING_LINE}{TRANSACTION}"""
