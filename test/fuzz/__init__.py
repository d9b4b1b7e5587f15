"""Differential tester of pg_tviews: random schemas, definitions and transactions, one oracle."""
