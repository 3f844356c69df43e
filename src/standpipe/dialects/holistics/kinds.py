"""What a job ran, as Holistics calls it: compat/holistics.md 2b, 3.6."""

from typing import Final

REPORT: Final = "QueryReport"
IMPORT: Final = "DataImport"
TRANSFORM: Final = "DataTransform"
# Both are materialised queries here, so their jobs are refreshes under either name.
REFRESHED: Final = (IMPORT, TRANSFORM)
