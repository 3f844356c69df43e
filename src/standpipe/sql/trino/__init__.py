"""From Trino's SQL to DuckDB's: a parser, tables of differences, and the rules behind them."""
