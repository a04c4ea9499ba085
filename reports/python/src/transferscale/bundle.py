"""A bundle's tables as pandas data frames."""
from __future__ import annotations

import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple, Union

import h5py
import numpy as np
import pandas as pd

from . import user_block
from .errors import DamagedBundle, NewerBundle, NotABundle

#: The newest schema of bundles that this package reads (reports/SCHEMA.md).
SCHEMA_VERSION = 3


def _checked(path: Path, content: bytes) -> user_block.UserBlock:
    """The user block of a bundle whose bytes are those that were written."""
    head = content[:user_block.USER_BLOCK_BYTES]
    block = user_block.from_bytes(head)
    if block is None:
        body = content[user_block.USER_BLOCK_BYTES:]
        if head.startswith(user_block.MAGIC) or body.startswith(user_block.HDF5_SIGNATURE):
            raise DamagedBundle(f"{path}: found changed bytes in the first 512, expected those that were written. "
                                "Fix: copy the file again, or bundle again from the store")
        raise NotABundle(f"{path}: found a file that is no bundle, expected what `transferscale bundle` writes")
    if block.kind != "bundle":
        raise NotABundle(f"{path}: found a {block.kind} of TransferScale, expected a bundle. "
                         "Fix: transferscale bundle WORKLOAD --out FILE")
    if block.schema > SCHEMA_VERSION:
        raise NewerBundle(f"{path}: found a bundle of schema {block.schema}, expected schema {SCHEMA_VERSION} or older. "
                          "Fix: install a newer version of this package")
    digest = hashlib.sha256(memoryview(content)[user_block.USER_BLOCK_BYTES:]).hexdigest()
    if digest != block.sha256:
        raise DamagedBundle(f"{path}: found SHA-256 {digest} after byte 512, expected {block.sha256}: bytes changed or the "
                            "file is cut. Fix: copy the file again, or bundle again from the store")
    return block


def _texts(values: np.ndarray) -> List[str]:
    return [value.decode("utf-8") for value in values]


def _frame(dataset: h5py.Dataset) -> pd.DataFrame:
    """Columns in file order; texts as str; `attrs["units"]` maps each column to its unit."""
    rows = dataset[()]
    frame = pd.DataFrame({name: _texts(rows[name]) if rows.dtype[name].kind == "S" else rows[name]
                          for name in rows.dtype.names})
    units = dataset.attrs.get("units")  # not in bundles of schema 1
    if units is not None:
        frame.attrs["units"] = dict(zip(frame.columns, _texts(units)))
    return frame


class Bundle:
    """An opened bundle. Data frames are made when they are first asked for; change a copy, not the frame itself."""

    def __init__(self, path: Path, content: bytes, block: user_block.UserBlock) -> None:
        self.path = path
        #: By which the file was written.
        self.schema_version: int = block.schema
        #: SHA-256 of everything after the first 512 bytes.
        self.sha256: str = block.sha256
        self._file = h5py.File(io.BytesIO(content), "r")
        self._frames: Dict[str, pd.DataFrame] = {}
        contents = _frame(self._file["/contents"]).iloc[0]
        self.workload: str = contents["workload"]
        self.profile: str = contents["profile"]
        #: Of the program that wrote the records.
        self.program_version: str = contents["version"]
        self._declaration: Optional[Dict[str, Any]] = None

    def __repr__(self) -> str:
        return f"<Bundle {self.workload} at {self.profile}: {len(self.cells)} cells, {len(self.runs)} runs, {self.path}>"

    @property
    def tables(self) -> Tuple[str, ...]:
        """Names of the tables, for table()."""
        return tuple(name for name, dataset in self._file[self.workload].items() if dataset.dtype.names)  # not texts and arrays

    def table(self, name: str) -> pd.DataFrame:
        """A table by its name, e.g. "scaling". Raises KeyError, which names those that there are."""
        if name not in self._frames:
            if name not in self.tables:
                raise KeyError(f"no table {name!r}; there are {', '.join(self.tables)}")
            self._frames[name] = _frame(self._file[self.workload][name])
        return self._frames[name]

    @property
    def cells(self) -> pd.DataFrame:
        """One row a cell: our mean and sd, the reference, the difference, the verdict."""
        return self.table("cells")

    @property
    def claims(self) -> pd.DataFrame:
        """One row a claim of the paper."""
        return self.table("claims")

    @property
    def runs(self) -> pd.DataFrame:
        """One row a planned run, pre-training first; other tables name runs by this table's row."""
        return self.table("runs")

    @property
    def losses(self) -> pd.DataFrame:
        """Training losses of every run: the first, the last and evenly spaced ones."""
        return self.table("losses")

    @property
    def metrics(self) -> pd.DataFrame:
        """Every score of every run."""
        return self.table("metrics")

    @property
    def references(self) -> pd.DataFrame:
        """The numbers that cells are compared with: published ones and recorded baselines."""
        return self.table("references")

    @property
    def provenance(self) -> pd.DataFrame:
        """Facts by set; runs with equal facts share a set."""
        return self.table("provenance")

    @property
    def failures(self) -> pd.DataFrame:
        """Phase and reason of every failed run."""
        return self.table("failures")

    @property
    def configs(self) -> pd.DataFrame:
        """The resolved configuration of every run with a record; its SHA-256 is the run's key."""
        return self.table("configs")

    @property
    def declaration(self) -> Dict[str, Any]:
        """The workload as it was declared: axes, claims, figures, cells with their runs."""
        if self._declaration is None:
            self._declaration = json.loads(self._file[self.workload]["declaration"][()])
        return self._declaration

    def _declared_cell(self, cell: str) -> Dict[str, Any]:
        for entry in self.declaration["cells"]:
            if "id" in entry:  # since axes have names
                name = entry["id"]
            else:
                shots = "" if entry["shots"] == "full" else "/" + entry["shots"]
                name = f"{entry['target']}/{entry['model']}/{entry['source']}{shots}"
            if name == cell:
                return entry
        raise KeyError(f"no planned cell {cell!r} in {self.workload} at {self.profile}; see bundle.cells['id']")

    def runs_of(self, cell: str) -> pd.DataFrame:
        """The planned runs of a cell, one a seed. Raises KeyError for a cell that is not planned."""
        return self.runs.iloc[self._declared_cell(cell)["runs"]]

    def values(self, cell: str) -> pd.Series:
        """Scores of a cell's finished runs, by seed; of a scaling workload their throughput (images/s)."""
        runs = self.runs_of(cell)
        runs = runs[(runs["state"] == "finished") & runs["value"].notna()]
        return pd.Series(runs["value"].to_numpy(), index=pd.Index(runs["seed"], name="seed"), name=cell)

    def reference_values(self, cell: str, side: Optional[str] = None) -> pd.Series:
        """Raw seeds of a cell's reference, by seed; empty where only a mean is known.

        side: "published" or "baseline"; without it, the side that the cell is compared with.
        """
        if side is None:
            side = "baseline" if self.declaration["compares_with_baseline"] else "published"
        rows = self.references
        rows = rows[(rows["side"] == side) & (rows["cell"] == cell) & (rows["row"] == "value")]
        return pd.Series(rows["value"].to_numpy(), index=pd.Index(rows["seed"], name="seed"), name=cell)

    def facts(self, run: int) -> Dict[str, str]:
        """Provenance of a run (its row in `runs`): commit, compiler, host, CPU, libraries. Empty without a record."""
        rows = self.provenance[self.provenance["set"] == self.runs["provenance"].iloc[run]]
        return dict(zip(rows["name"], rows["value"]))


def load(path: Union[str, "os.PathLike[str]"]) -> Bundle:
    """Opens a bundle after checking that its bytes are those that were written.

    Raises NotABundle, DamagedBundle or NewerBundle (all BundleError), and OSError when the file cannot be read.

    >>> bundle = load("table1.h5")
    >>> bundle.values("pets/R50x1/S-MED").mean()
    """
    path = Path(path)
    content = path.read_bytes()
    block = _checked(path, content)
    try:
        return Bundle(path, content, block)
    except (KeyError, OSError, IndexError) as error:
        raise NotABundle(f"{path}: found other content than a bundle's ({error}). "
                         "Fix: bundle again from the store") from error
