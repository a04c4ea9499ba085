"""`bundle --ro-crate` as the rocrate package, pandas and this package read it."""
import hashlib

import pandas as pd
from rocrate.rocrate import ROCrate

from transferscale import load


def test_rocrate_reads_it(crate_path, sources):
    crate = ROCrate(crate_path)
    root = crate.root_dataset
    assert root["license"].id == "https://creativecommons.org/licenses/by/4.0/"
    assert root["author"][0]["name"] == "Test Person"
    assert root["citation"].type == "ScholarlyArticle"
    assert [author["name"] for author in root["citation"]["author"]] == ["Mehdi Cherti", "Jenia Jitsev"]
    described = {entity.id: entity for entity in crate.data_entities}
    found = {str(file.relative_to(crate_path)) for file in crate_path.rglob("*") if file.is_file()}
    assert set(described) == found - {"ro-crate-metadata.json"}
    for name, entity in described.items():
        content = (crate_path / name).read_bytes()
        assert entity["contentSize"] == str(len(content)), name
        assert entity["sha256"] == hashlib.sha256(content).hexdigest(), name
    actions = [entity for entity in crate.get_entities() if entity.type == "CreateAction"]
    assert actions and all(action["instrument"]["name"] == "TransferScale" for action in actions)
    assert all(action["object"]["identifier"] == "table6" for action in actions)
    assert all(action["startTime"] <= action["endTime"] for action in actions)


def test_tables_are_those_of_the_bundle(crate_path):
    bundle = load(crate_path / "table6-smoke.h5")
    for file in (crate_path / "tables").glob("*.csv"):
        frame = bundle.table(file.stem)
        table = pd.read_csv(file, keep_default_na=False, na_values={
            name: [""] for name in frame.columns if frame[name].dtype.kind == "f"},
            dtype={name: str for name in frame.columns if frame[name].dtype.kind not in "fiu"})
        pd.testing.assert_frame_equal(table, frame, rtol=1e-14, atol=0, check_dtype=False)
    assert {file.stem for file in (crate_path / "tables").glob("*.csv")} >= {"cells", "claims", "runs", "losses"}


def test_readme_names_every_file(crate_path):
    text = (crate_path / "README.md").read_text()
    for file in crate_path.rglob("*"):
        assert file.is_dir() or file.name == "README.md" or str(file.relative_to(crate_path)) in text
