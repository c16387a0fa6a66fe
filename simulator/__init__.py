"""The money simulator: the real stories over a model of the world; never packaged."""
