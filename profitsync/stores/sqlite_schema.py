"""The tables of the embedded store.

A record is one JSON body, beside it only the columns it is found by. Instants in columns are microseconds
since 1970, days are ISO texts. The index days and matching keys of facts lie in side tables of their own.
A change of these tables is a further step, which carries older files over.
"""

APPLICATION_ID = 0x70667379  # "pfsy": tells our files from those of other programs

_FACTS = """
CREATE TABLE {table}_days (user_id TEXT, id TEXT, day TEXT, PRIMARY KEY (user_id, id, day)) WITHOUT ROWID;
CREATE INDEX {table}_by_day ON {table}_days (user_id, day);
CREATE TABLE {table}_keys (user_id TEXT, id TEXT, key TEXT, PRIMARY KEY (user_id, id, key)) WITHOUT ROWID;
CREATE INDEX {table}_by_key ON {table}_keys (user_id, key);
"""

_FIRST = f"""
CREATE TABLE users (
  id TEXT PRIMARY KEY, email_key TEXT NOT NULL UNIQUE, shop_key TEXT UNIQUE,
  created_at INTEGER NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE productcosts (user_id TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (user_id, id)) WITHOUT ROWID;
CREATE TABLE orders (
  user_id TEXT, id TEXT, customer_id TEXT, test INTEGER NOT NULL, processed_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL, order_index INTEGER, lifetime_orders INTEGER, body TEXT NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE INDEX orders_by_customer ON orders
  (user_id, customer_id, id, processed_at, updated_at, order_index, lifetime_orders)
  WHERE customer_id IS NOT NULL AND NOT test;
CREATE INDEX orders_by_time ON orders (user_id, processed_at, id, customer_id)
  WHERE customer_id IS NOT NULL AND NOT test;
{_FACTS.format(table="orders")}
CREATE TABLE shipments (user_id TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (user_id, id));
{_FACTS.format(table="shipments")}
CREATE TABLE adinsights (
  user_id TEXT, day TEXT, account_id TEXT, body TEXT NOT NULL, PRIMARY KEY (user_id, day, account_id)
) WITHOUT ROWID;
CREATE TABLE dirtydays (user_id TEXT, source TEXT, day TEXT, PRIMARY KEY (user_id, source, day)) WITHOUT ROWID;
CREATE TABLE dailymetrics (user_id TEXT, day TEXT, body TEXT NOT NULL, PRIMARY KEY (user_id, day)) WITHOUT ROWID;
CREATE TABLE sourcestates (
  user_id TEXT, source TEXT, body TEXT NOT NULL, PRIMARY KEY (user_id, source)
) WITHOUT ROWID;
CREATE TABLE syncjobs (
  job_id TEXT PRIMARY KEY, user_id TEXT NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL,
  body TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX syncjobs_by_user ON syncjobs (user_id, created_at);
CREATE INDEX syncjobs_by_time ON syncjobs (created_at);
CREATE TABLE leases (name TEXT PRIMARY KEY, owner TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
"""

_NOTICES = """
CREATE TABLE incidents (user_id TEXT PRIMARY KEY, opened_at INTEGER NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;
"""

_SERVER = """
CREATE TABLE hints (
  user_id TEXT, kind TEXT, record TEXT, mark TEXT NOT NULL, noted_at INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (user_id, kind, record)
) WITHOUT ROWID;
CREATE INDEX hints_by_time ON hints (user_id, noted_at);
CREATE TABLE apikeys (id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
"""

# Every run looks for jobs that a killed one left behind, among all that the merchant ever had.
_JOBS_BY_STATUS = "CREATE INDEX syncjobs_by_status ON syncjobs (user_id, status, created_at);"

# With `test` among the columns they answer alone; a row would have to be looked at for it otherwise, and few fit
# into a page. Orders of guests and test orders have a time as well.
_COVERING = """
DROP INDEX orders_by_customer;
CREATE INDEX orders_by_customer ON orders
  (user_id, customer_id, id, processed_at, updated_at, order_index, lifetime_orders, test)
  WHERE customer_id IS NOT NULL;
DROP INDEX orders_by_time;
CREATE INDEX orders_by_time ON orders (user_id, processed_at, id, customer_id, test);
"""

# What leads from each version of the schema to the next; a new file takes all steps.
STEPS = (_FIRST, _NOTICES + _SERVER, _JOBS_BY_STATUS, _COVERING)
VERSION = len(STEPS)

# Every table with a `user_id`: what goes when a merchant goes.
OF_A_USER = (
    "productcosts", "orders", "orders_days", "orders_keys", "shipments", "shipments_days", "shipments_keys",
    "adinsights", "dirtydays", "dailymetrics", "sourcestates", "syncjobs", "incidents", "hints",
)  # fmt: skip


def statements(script: str) -> list[str]:
    """The single statements of `script`, to run inside one transaction (`executescript` commits first)."""
    return [statement for part in script.split(";") if (statement := part.strip())]
