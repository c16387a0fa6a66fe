"""Exports: payments, refunds and line items as CSV and JSON lines (docs/export.md)."""
