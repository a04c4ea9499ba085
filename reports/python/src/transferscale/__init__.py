"""Reads the bundles that TransferScale writes.

>>> from transferscale import load
>>> bundle = load("table1.h5")
>>> bundle.cells[["id", "mean", "sd", "verdict"]]
"""
from .bundle import SCHEMA_VERSION, Bundle, load
from .errors import BundleError, DamagedBundle, NewerBundle, NotABundle

__all__ = ["SCHEMA_VERSION", "Bundle", "BundleError", "DamagedBundle", "NewerBundle", "NotABundle", "load"]
__version__ = "0.1.0"
