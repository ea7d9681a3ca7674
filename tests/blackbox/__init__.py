"""Drives a real Sealpost from outside: its process, its HTTP surface checked against the contract, senders that sign as
their providers do, and a receiver that verifies with the published library. Used by tests/system and by demo/."""
