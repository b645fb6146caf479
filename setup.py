"""Which packages install: every folder of code under the four that stand at the top of the repository."""

from setuptools import find_packages, setup

LAYERS = ("circuits", "verifier", "prover", "cli")

setup(
    packages=[f"zkmargin.{name}" for top in LAYERS for name in (top, *(f"{top}.{sub}" for sub in find_packages(top)))],
    package_dir={f"zkmargin.{top}": top for top in LAYERS},
    package_data={"": ["py.typed", "*.json", "*.html", "*.css", "*.csv"]},
)
