"""Facts as BSON, so that another process can make what this one only puts together."""

import struct

import bson
from bson.raw_bson import RawBSONDocument

from profitsync.domain.orders import Order
from profitsync.domain.shipments import Shipment
from profitsync.stores.documents import CODEC, Document, to_document

_SIZE = struct.Struct("<i")  # what a document begins with; it ends with a zero byte (BSON specification)


def order_fields(order: Order) -> bytes:
    """Every field that is not as its default says, and those that orders are found by."""
    sought = {
        "test": order.test,
        "customerId": order.customer_id,
        "customerOrderIndex": order.customer_order_index,
        "customerOrders": order.customer_orders,
    }
    return bson.encode({**sought, **to_document(order)}, codec_options=CODEC)


def shipment_fields(shipment: Shipment) -> bytes:
    """Every field that is not as its default says."""
    return bson.encode(to_document(shipment), codec_options=CODEC)


def joined(head: Document, fields: bytes) -> RawBSONDocument:
    """One document of both."""
    begin = bson.encode(head)
    size = _SIZE.pack(len(begin) + len(fields) - _SIZE.size - 1)
    return RawBSONDocument(b"".join((size, begin[_SIZE.size : -1], fields[_SIZE.size :])))
