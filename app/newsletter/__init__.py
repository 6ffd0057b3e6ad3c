"""Readers by mail: consent, sends, deliveries."""
