"""What orders, parcels and their parts are made of.

Facts come by the hundred thousand: they are mapped, stored, decoded, calculated, then dropped. A struct of msgspec
is made and decoded in a third of the time that a frozen dataclass takes.
"""

import msgspec


class Fact(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A frozen record without cycles, which the garbage collector need not look at.

    Encoded, it leaves out what is as its field's default says: such a default can never change.
    """
