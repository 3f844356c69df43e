"""What every request says of its telephone system. We have none: these are the published values.

Clients read some of them; they change nothing here.
"""

from collections.abc import Mapping
from typing import Any, Final

PRIORITY_LEVEL: Final = 2
# In two blocks, since the zone and the country stand between them.
CALLS: Final[Mapping[str, Any]] = {
    "priorityLevel": PRIORITY_LEVEL,
    "callRatePeriod": 120,
    "ignoreAbandonedCalls": False,
    "ignoreShortAnsweredCalls": False,
    "accountCodeLabels": {},
    "ringDurationThresholds": [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 120],
    "incomingEstimatedRevenue": 100.0,
    "incomingCallsPerSale": 5,
    "outgoingEstimatedRevenue": 100.0,
    "outgoingCallsPerSale": 5,
    "durationGroupPeriodInSeconds": 10,
}
TRUNKS: Final[Mapping[str, Any]] = {"totalTrunks": 10, "maxRows": 0}
