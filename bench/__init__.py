"""The benchmarks: what is claimed of speed and cost, measured. Never packaged."""
