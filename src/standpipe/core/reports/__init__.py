"""Reports: what a query looks like to those who ask it by dates, filters and fields."""
