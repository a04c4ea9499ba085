"""CITATION.cff and workloads/papers.json say the same, and the version is the project's."""
import json
import re

import pytest
from ruamel.yaml import YAML
from cffconvert import Citation

from transferscale import __version__


@pytest.fixture
def text(sources):
    return (sources / "CITATION.cff").read_text()


def test_it_follows_the_schema(text):
    Citation(text).validate()


def test_version_and_licence_are_the_projects(text, sources):
    citation = YAML(typ="safe").load(text)
    assert citation["version"] == __version__
    assert f"VERSION {__version__} " in (sources / "CMakeLists.txt").read_text()
    assert f'version = "{__version__}"' in (sources / "reports/python/pyproject.toml").read_text()
    assert citation["license"] == "Apache-2.0" and "Apache License" in (sources / "LICENSE").read_text()


def test_papers_are_those_of_the_workloads(text, sources):
    papers = json.loads((sources / "workloads/papers.json").read_text())
    references = YAML(typ="safe").load(text)["references"]
    assert len(references) == len(papers)
    for paper, reference in zip(papers.values(), references):
        assert (reference["title"], reference["doi"], reference["year"]) == (paper["title"], paper["doi"], paper["year"])
        names = [f"{author['given-names']} {author['family-names']}" for author in reference["authors"]]
        assert names == paper["authors"]
    for file in sources.glob("workloads/*/study.toml"):
        assert re.search(r'^paper = "(.*)"$', file.read_text(), re.MULTILINE).group(1) in papers, file
