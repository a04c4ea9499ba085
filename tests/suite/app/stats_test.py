"""`transferscale stats` against values of scipy and scikit-learn, and its refusals."""
import json
import unittest

from command import SOURCES, CommandTest

GOLDEN = json.loads((SOURCES / "tests/golden/app/stats.json").read_text())


class Values(CommandTest):
    def arguments(self, case):
        scores = self.folder / "scores.csv"
        scores.write_text(GOLDEN["scores"])
        return [a.format(scores=scores) for a in case["arguments"]]

    def close(self, found, expected, what):
        if isinstance(expected, list):
            self.assertEqual(len(found), len(expected), what)
            for f, e in zip(found, expected):
                self.close(f, e, what)
        elif isinstance(expected, float):
            # scipy's own means and tails carry some rounding; ours are held to 60 digits in tests/metrics.
            self.assertLessEqual(abs(found - expected), 1e-9 * abs(expected) + 1e-300, what)
        else:
            self.assertEqual((type(found), found), (type(expected), expected), what)

    def test_are_those_of_scipy(self):
        for case in GOLDEN["cases"]:
            found = self.document("stats", *self.arguments(case))
            for field, expected in case["fields"].items():
                with self.subTest(case["arguments"], field=field):
                    self.close(found[field], expected, f"{found[field]} against {expected}")

    def test_for_people_are_sentences_with_six_digits(self):
        for case in GOLDEN["cases"]:
            with self.subTest(case["arguments"]):
                document = self.document("stats", *self.arguments(case))
                text = self.call("stats", *self.arguments(case)).stdout
                self.assertRegex(text, r"(?s)^\S.*\.\n$")
                document["difference"] = abs(document.get("difference") or 0.0)  # "lower" or "higher"
                for field, value in document.items():
                    for number in value if isinstance(value, list) else [value]:
                        if type(number) is float and number != 0.0:
                            self.assertIn(f"{number:.6g}", text, field)

    def test_read_as_sentences(self):
        for arguments, words in (
                (["welch", "--a", "94.2,94.3,94.2", "--b", "95.7,95.8,95.9"],
                 "a is 1.56667 lower than b (95 % CI of a - b: -1.77152 to -1.36181).\n"),
                (["paired", "--a", "3,5,9", "--b", "1,2,3"], "a is 3.66667 higher than b (95 % CI of a - b: "),
                (["tost", "--a", "1,2,3", "--b", "1,2,3", "--margin", "0.5"],
                 "a and b have the same mean; that they are equivalent within a margin of 0.5 is not shown (p = "),
                (["holm", "--p", "0.01,0.5"], "p-values adjusted by Holm's method, in the order given: 0.02, 0.5."),
                (["power", "--difference", "1", "--sd", "1", "--n", "5"],
                 "With n = 5 per group, a two-sided two-sample t test at alpha = 0.05 finds a true difference of 1 (sd 1) "
                 "with power 0.2"),
                (["power", "--difference", "1", "--sd", "1", "--power", "0.8"], "n = 17 per group is needed")):
            self.assertIn(words, self.call("stats", *arguments).stdout)

    def test_doubles_read_back_exactly(self):
        p = ["0.1", "0.30000000000000004", "1e-300", "5e-324", "0.3333333333333333"]
        adjusted = self.document("stats", "bh", "--p", ",".join(p))["adjusted"]
        alone = [self.document("stats", "holm", "--p", x)["adjusted"][0] for x in p]
        self.assertEqual(alone, [float(x) for x in p])
        self.assertEqual(len(adjusted), 5)

    def test_far_tail_is_not_zero(self):
        p = self.document("stats", "welch", "--a-summary", "1e6,0.1,10", "--b-summary", "0,0.1,10")["p"]
        self.assertGreater(p, 0.0)
        self.assertLess(p, 1e-100)

    def test_of_one_class_are_null(self):
        (self.folder / "s.csv").write_text("score,label\n0.5,1\n0.7,1\n0.1,\n")
        self.assertEqual(self.document("stats", "auc", "--file", "s.csv"),
                         {"auc": None, "positives": 2, "negatives": 0, "missing": 1})
        self.assertEqual(self.call("stats", "auc", "--file", "s.csv").stdout,
                         "There is no AUC: it needs labels of both classes, and there are 2 positive and 0 negative labels, "
                         "1 missing.\n")

    def test_do_not_depend_on_the_locale(self):
        for locale in ("C", "C.UTF-8", "de_DE.UTF-8"):
            found = self.document("stats", "holm", "--p", "0.25", environment={"LC_ALL": locale})
            self.assertEqual(found["adjusted"], [0.25], locale)

    def test_option_order_and_equals_sign_do_not_matter(self):
        a = self.document("stats", "welch", "--a", "1,2,3", "--b", "2,4,9")
        self.assertEqual(self.document("stats", "--b=2,4,9", "welch", "--a=1,2,3"), a)


REFUSED = [
    (["welch", "--a", "1", "--b", "1,2"], ["n = 1"]),
    (["welch", "--a", "1,1", "--b", "2,2"], ["zero variance"]),
    (["welch", "--a", "1,nan", "--b", "1,2"], ["--a number 2", "nan"]),
    (["welch", "--a", "-inf,2", "--b", "1,2"], ["--a number 1", "-inf"]),
    (["welch", "--a", "1,2", "--b", "1,1e999"], ["--b number 2", "1e999"]),
    (["welch", "--a", "", "--b", "1,2"], ["--a number 1", "empty"]),
    (["welch", "--a=", "--b", "1,2"], ["--a number 1"]),
    (["welch", "--a", "1,,2", "--b", "1,2"], ["--a number 2", "empty"]),
    (["welch", "--a", "1,2,", "--b", "1,2"], ["--a number 3", "empty"]),
    (["welch", "--a", "1;2", "--b", "1,2"], ["1;2"]),
    (["welch", "--a", "1,2x", "--b", "0x1p3,2"], ["2x", "0x1p3"]),
    (["welch", "--a", "1,2"], ["--b"]),
    (["welch"], ["--a", "--b"]),
    (["welch", "--a", "--b", "1,2"], ["--a number 1", "'--b'"]),
    (["welch", "--a", "1,2", "--a-summary", "1,1,2", "--b", "1,2"], ["both --a and --a-summary"]),
    (["welch", "--a-summary", "1,-1,5", "--b", "1,2"], ["negative sd"]),
    (["welch", "--a-summary", "1,1,1", "--b", "1,2"], ["n = 1"]),
    (["welch", "--a-summary", "1,1,2.5", "--b", "1,2"], ["2.5"]),
    (["welch", "--a-summary", "1,1", "--b", "1,2"], ["mean,sd,n"]),
    (["welch", "--a-summary", "1,0,5", "--b-summary", "2,0,5"], ["zero variance"]),
    (["welch", "--a", "1,2", "--b", "1,2", "--margin", "1"], ["--margin", "welch"]),
    (["paired", "--a", "1,2,3", "--b", "1,2"], ["3 and 2"]),
    (["paired", "--a", "1,2,3", "--b", "2,3,4"], ["zero variance of the differences"]),
    (["paired", "--a", "1", "--b", "2"], ["n = 1"]),
    (["paired", "--a-summary", "1,1,5", "--b", "1,2"], ["--a-summary", "paired"]),
    (["tost", "--a", "1,2", "--b", "1,3"], ["--margin"]),
    (["tost", "--a", "1,2", "--b", "1,3", "--margin", "0"], ["margin"]),
    (["tost", "--a", "1,2", "--b", "1,3", "--margin", "-1"], ["margin"]),
    (["tost", "--a", "1,2", "--b", "1,3", "--margin", "inf"], ["--margin", "inf"]),
    (["holm", "--p", "0.1,1.5"], ["1.5", "[0, 1]"]),
    (["bh", "--p", "-0.1"], ["-0.1", "[0, 1]"]),
    (["bh", "--p", "nan"], ["--p number 1"]),
    (["holm"], ["--p"]),
    (["power", "--difference", "1", "--sd", "1", "--power", "1"], ["power", "strictly between 0 and 1"]),
    (["power", "--difference", "1", "--sd", "1", "--power", "0"], ["power"]),
    (["power", "--difference", "0", "--sd", "1", "--power", "0.8"], ["difference"]),
    (["power", "--difference", "1", "--sd", "-1", "--n", "5"], ["sd"]),
    (["power", "--difference", "1", "--sd", "1", "--n", "1"], ["n = 1"]),
    (["power", "--difference", "1", "--sd", "1", "--n", "2.5"], ["2.5"]),
    (["power", "--difference", "1", "--sd", "1", "--n", "-3"], ["-3"]),
    (["power", "--difference", "1", "--sd", "1"], ["--n", "--power"]),
    (["power", "--difference", "1", "--sd", "1", "--n", "5", "--power", "0.8"], ["both"]),
    (["auc"], ["--file"]),
    (["welsh", "--a", "1,2"], ["'welsh'", "welch"]),
    ([], ["no test", "welch"]),
    (["welch", "--a", "1,2", "--b", "1,3", "extra"], ["extra"]),
    (["welch", "--maargin", "1"], ["--maargin", "--margin"]),
]


class Refusals(CommandTest):
    def test_name_what_is_degenerate(self):
        for arguments, words in REFUSED:
            with self.subTest(arguments):
                self.refused("stats", *arguments, words=words)

    def test_come_all_at_once(self):
        error = self.refused("stats", "tost", "--a", "1,x", "--b", "nan", "--margin", "y")
        self.assertEqual(len(error.splitlines()), 3, error)

    def test_print_no_document(self):
        self.refused("stats", "welch", "--a", "1", "--b", "2", "--json", words=["n = 1"])


class UnreadableScores(CommandTest):
    def refuse(self, text, words):
        (self.folder / "s.csv").write_text(text)
        self.refused("stats", "auc", "--file", "s.csv", code=3, words=words)

    def test_absent_file(self):
        self.refused("stats", "auc", "--file", "gone.csv", code=3, words=["gone.csv"])

    def test_folder(self):
        self.refused("stats", "auc", "--file", self.folder, code=3, words=[str(self.folder)])

    def test_wrong_header(self):
        self.refuse("a,b\n1,1\n", ["s.csv:1", "score,label"])

    def test_all_bad_lines_with_their_numbers(self):
        self.refuse("score,label\n0.5,2\n0.5,1\nx,1\n0.5\nnan,0\n",
                    ["s.csv:2", "label '2'", "s.csv:4", "score 'x'", "s.csv:5", "s.csv:6"])

    def test_empty_file(self):
        self.refuse("", ["s.csv:1"])


if __name__ == "__main__":
    unittest.main()
