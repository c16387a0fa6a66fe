"""A stateful stand-in of WooshPay on loopback, for development and tests only."""
