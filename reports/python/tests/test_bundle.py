import hashlib
import pickle

import numpy as np
import pandas as pd
import pytest

from transferscale import (SCHEMA_VERSION, BundleError, DamagedBundle, NewerBundle, NotABundle, __version__, load)
from transferscale.user_block import USER_BLOCK_BYTES, UserBlock, from_bytes, to_bytes

CELL = "mimic-cxr/R50x1/chexpert"


def rewritten(content, path, **changes):
    """The file with another user block, whose own check is right."""
    block = from_bytes(content[:USER_BLOCK_BYTES])._replace(**changes)
    path.write_bytes(to_bytes(block) + content[USER_BLOCK_BYTES:])
    return path


def test_says_what_it_holds(bundle_path):
    bundle = load(bundle_path)
    assert (bundle.workload, bundle.profile, bundle.schema_version) == ("table6", "smoke", SCHEMA_VERSION)
    assert bundle.program_version == __version__
    assert bundle.sha256 == hashlib.sha256(bundle_path.read_bytes()[512:]).hexdigest()
    assert "table6 at smoke: 6 cells, 18 runs" in repr(bundle)


def test_every_table_is_a_frame_with_a_unit_a_column(bundle_path):
    bundle = load(str(bundle_path))
    for name in bundle.tables:
        frame = bundle.table(name)
        assert list(frame.attrs["units"]) == list(frame.columns), name
        assert not any(isinstance(value, bytes) for value in frame.to_numpy().ravel()), name
    assert bundle.cells.attrs["units"]["mean"] == "%"
    assert bundle.runs.attrs["units"]["wall_seconds"] == "s"
    assert bundle.cells.attrs["units"]["id"] == ""


def test_named_tables(bundle_path):
    bundle = load(bundle_path)
    assert len(bundle.cells) == 6 and len(bundle.runs) == 18 and len(bundle.configs) == 18
    assert set(bundle.losses.columns) == {"run", "step", "loss", "lr"} and len(bundle.losses) > 18
    assert set(bundle.metrics["unit"]) == {"%"}
    assert len(bundle.claims) == 4 and bundle.failures.empty
    assert bundle.references["side"].isin(["published", "baseline"]).all()
    with pytest.raises(KeyError, match="no table 'cell'; there are cells, claims"):
        bundle.table("cell")


def test_values_of_a_cell_are_those_of_its_row(bundle_path):
    bundle = load(bundle_path)
    for row in bundle.cells.itertuples():
        values = bundle.values(row.id)
        assert list(values.index) == [0, 1]
        assert np.isclose(values.mean(), row.mean, rtol=1e-14) and np.isclose(values.std(), row.sd, rtol=1e-12)
        reference = bundle.reference_values(row.id)
        assert len(reference) == row.reference_n and np.isclose(reference.mean(), row.reference_mean, rtol=1e-14)
    assert bundle.reference_values(CELL, "published").empty  # only its mean and sd are printed
    with pytest.raises(KeyError, match="no planned cell 'mimic-cxr/R50x2/chexpert' in table6 at smoke"):
        bundle.values("mimic-cxr/R50x2/chexpert")


def test_keys_are_the_digests_of_configurations(bundle_path):
    bundle = load(bundle_path)
    for row in bundle.configs.itertuples():
        assert hashlib.sha256(row.config.encode()).hexdigest() == bundle.runs["key"].iloc[row.run]


def test_facts_and_declaration(bundle_path):
    bundle = load(bundle_path)
    assert bundle.facts(0)["version"] == __version__ and "cpu" in bundle.facts(17)
    assert bundle.declaration["workload"]["title"] == "Growing medical sources for MIMIC-CXR"
    assert list(bundle.runs_of(CELL)["seed"]) == [0, 1]


def test_pandas_alone_opens_every_table(bundle_path):
    pytest.importorskip("tables")
    bundle = load(bundle_path)
    for name in bundle.tables:
        assert len(pd.read_hdf(bundle_path, f"/table6/{name}")) == len(bundle.table(name))


def test_an_older_schema_is_read(sources):
    bundle = load(sources / "tests/golden/reports/table6-smoke-schema1.h5")
    assert bundle.schema_version == 1 and len(bundle.cells) == 6
    assert "units" not in bundle.cells.attrs  # schema 1 has none
    assert len(bundle.values(CELL)) == 2


def test_other_files_are_refused(tmp_path, bundle_path):
    for content in (b"", b"hello", pickle.dumps({"a": 1})):
        (tmp_path / "other").write_bytes(content)
        with pytest.raises(NotABundle, match="other: found a file that is no bundle"):
            load(tmp_path / "other")
    record = rewritten(bundle_path.read_bytes(), tmp_path / "record.h5", kind="record")
    with pytest.raises(NotABundle, match="found a record of TransferScale, expected a bundle"):
        load(record)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nowhere.h5")
    assert issubclass(NotABundle, BundleError)


def test_changed_bytes_and_cut_files_are_refused(tmp_path, bundle_path):
    content = bundle_path.read_bytes()
    place = tmp_path / "b.h5"
    for at in (0, 30, 90, 200, 511, 512, len(content) // 2, len(content) - 1):
        changed = bytearray(content)
        changed[at] ^= 0x10
        place.write_bytes(changed)
        with pytest.raises(DamagedBundle, match="b.h5"):
            load(place)
    for kept in (600, len(content) - 1):
        place.write_bytes(content[:kept])
        with pytest.raises(DamagedBundle, match="bytes changed or the file is cut"):
            load(place)


def test_a_newer_schema_is_refused_by_name(tmp_path, bundle_path):
    newer = rewritten(bundle_path.read_bytes(), tmp_path / "newer.h5", schema=SCHEMA_VERSION + 1)
    with pytest.raises(NewerBundle, match=f"schema {SCHEMA_VERSION + 1}, expected schema {SCHEMA_VERSION} or older"):
        load(newer)


def test_other_content_under_a_right_checksum_is_refused(tmp_path):
    import h5py
    with h5py.File(tmp_path / "plain.h5", "w", userblock_size=512, libver="latest") as file:
        file["x"] = [1, 2, 3]
    body = (tmp_path / "plain.h5").read_bytes()[USER_BLOCK_BYTES:]
    block = UserBlock("bundle", SCHEMA_VERSION, hashlib.sha256(body).hexdigest())
    (tmp_path / "plain.h5").write_bytes(to_bytes(block) + body)
    with pytest.raises(NotABundle, match="found other content than a bundle's"):
        load(tmp_path / "plain.h5")
