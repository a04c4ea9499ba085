"""Calls the program under test as a user does. TRANSFERSCALE_PROGRAM names it."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["TRANSFERSCALE_PROGRAM"]
SOURCES = pathlib.Path(__file__).resolve().parents[3]
# That of tests/golden/weights.
GOLDEN_NETWORK = """
[[network]]
id = "golden"
unit = "bottleneck"
stem = "bit"
depths = [1, 2, 1]
stem_channels = 8
stage_channels = [32, 64, 96]
groups = 4
"""


def call(*arguments, cwd=None, environment=None):
    """What the program answers: code, stdout, stderr. Nothing of the caller's suite settings reaches it."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TRANSFERSCALE_")}
    clean.update(environment or {})
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=120,
                          env={k: v for k, v in clean.items() if v is not None})


class CommandTest(unittest.TestCase):
    """A folder of its own per test, in which the program is called."""
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def call(self, *arguments, **options):
        return call(*arguments, **{"cwd": self.folder, **options})

    def document(self, *arguments, code=0, **options):
        """The one JSON document on stdout."""
        answer = self.call(*arguments, "--json", **options)
        self.assertEqual(answer.returncode, code, answer.stderr)
        return json.loads(answer.stdout, parse_constant=self.refuse_constant)

    def refuse_constant(self, word):
        self.fail(f"{word} is no JSON number")

    def refused(self, *arguments, code=2, words=(), **options):
        """The call ends with this code, prints nothing on stdout, and one error line holds all these words."""
        answer = self.call(*arguments, **options)
        self.assertEqual(answer.returncode, code, answer.stdout + answer.stderr)
        self.assertEqual(answer.stdout, "")
        self.assertRegex(answer.stderr, rf"(?m)^error\[E{code}\d\d\] ")
        for word in words:
            self.assertIn(word, answer.stderr)
        return answer.stderr
