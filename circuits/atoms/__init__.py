"""Atoms: one file an atom, with formula, certificates and reason on one page."""
