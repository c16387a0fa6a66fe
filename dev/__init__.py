"""The local stack: for development, never packaged."""
