"""The table of the worked example in docs/metrics.md: what every cell must be. None is "n/a"."""

COLUMNS = ("2 Nov", "3 Nov", "4 Nov", "5 Nov", "4 days")

_TABLE = """
totalOrders            2        1        0         0        3
grossSales          3500     1000        0         0     4500
discounts            200        0        0         0      200
returns                0        0        0       900      900
netSales            3300     1000        0      -900     3400
shippingCharged      100        0        0         0      100
taxes                170       50        0       -45      175
totalSales          3570     1050        0      -945     3675
bookedRevenue       3400     1000        0         0     4400
rtoReversal            0        0     1600         0     1600
revenue             3400     1000    -1600      -900     1900
cogs                1400      400        0     -1000      800
estimatedCogs          0      400        0         0      400
grossProfit         2000      600    -1600       100     1100
adSpend              600        0      300       200     1100
shippingCost      194.40    80.00    49.00         0   323.40
netProfit        1205.60   520.00 -1949.00   -100.00  -323.40
netProfitMargin    35.46    52.00     null      null   -17.02
roas                5.67     null     0.00      0.00     4.00
poas                2.01     null    -6.50     -0.50    -0.29
breakEvenRoas       1.88     1.92     null      0.00     5.67
aov                 1700     1000     null      null  1466.67
cpp                  300     0.00     null      null   366.67
cpc                 2.00     null     2.00      2.50     2.08
ctr                 1.50     null     1.25      1.00     1.33
cpm                   30     null       25        25    27.50
newCustomers           2        0        0         0        2
returningCustomers     0        1        0         0        1
returningRate          0      100     null      null    33.33
totalShipments         2        1        0         0        3
delivered              1        0        0         0        1
inTransit              0        1        0         0        1
rto                    1        0        0         0        1
ndr                    1        0        0         0        1
deliveryRate          50        0     null      null    33.33
rtoRate               50        0     null      null    33.33
settledDeliveryRate   50     null     null      null       50
productsWithoutCost    0        1        0         0        1
"""

EXPECTED: dict[str, tuple[str | None, ...]] = {
    name: tuple(None if cell == "null" else cell for cell in cells)
    for name, *cells in (line.split() for line in _TABLE.strip().splitlines())
}
