"""The operator's command: `python -m ops`; never packaged."""
