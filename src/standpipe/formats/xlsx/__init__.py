"""Workbooks of Excel: rows as typed cells, many sheets, written as a stream."""
