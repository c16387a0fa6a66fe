"""What is claimed about speed and cost, measured: `python -m bench`; never packaged."""
