"""Every example runs from its first to its last cell."""
import os

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = sorted((os.path.dirname(__file__) + "/../examples/" + name
                   for name in os.listdir(os.path.dirname(__file__) + "/../examples") if name.endswith(".ipynb")))


@pytest.mark.parametrize("path", EXAMPLES, ids=os.path.basename)
def test_notebook(path, bundle_path, tmp_path, monkeypatch):
    monkeypatch.setenv("TRANSFERSCALE_BUNDLE", str(bundle_path))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=100, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    pictures = [output for cell in notebook.cells for output in cell.get("outputs", ())
                if "image/png" in output.get("data", {})]
    assert len(pictures) == 2  # the published numbers beside ours; losses
