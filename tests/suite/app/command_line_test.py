"""The command line as scripts rely on it: exit codes, messages, --json documents, start anywhere."""
import csv
import fcntl
import json
import os
import pty
import shutil
import struct
import subprocess
import sys
import termios
import unittest

from command import PROGRAM, SOURCES, CommandTest

sys.path.insert(0, str(SOURCES / "tests/fixtures"))
sys.dont_write_bytecode = True
import plan_keys  # noqa: E402

VERBS = ["list", "plan", "run", "check", "audit", "report", "bundle", "verify", "compare", "stats", "baseline", "infer", "weights", "doctor"]
SELECTING = ["plan", "run", "check", "report"]
CELL = "pets/R50x1/1K-NAT"


class Help(CommandTest):
    def test_of_every_verb_is_on_stdout_and_exits_0(self):
        for verb in VERBS:
            with self.subTest(verb):
                answer = self.call(verb, "--help")
                self.assertEqual((answer.returncode, answer.stderr), (0, ""))
                for option in ("--json", "--quiet"):
                    self.assertIn(option, answer.stdout)

    def test_names_every_verb(self):
        answer = self.call("--help")
        self.assertEqual(answer.returncode, 0)
        for verb in VERBS:
            self.assertRegex(answer.stdout, rf"(?m)^  {verb} ")

    def test_names_the_common_options_of_verbs_that_select(self):
        for verb in SELECTING:
            text = self.call(verb, "--help").stdout
            for option in ("--profile", "--store", "--cell", "--seeds"):
                self.assertIn(option, text, verb)


class Mistakes(CommandTest):
    def test_no_verb_or_an_unknown_one(self):
        self.refused()
        self.refused("plann", "table1")

    def test_unknown_option_is_named(self):
        for verb in VERBS:
            arguments = {"baseline": ["record", "table1"], "stats": ["holm", "--p", "1"]}.get(
                verb, ["table1"] if verb in SELECTING else [])
            with self.subTest(verb):
                self.refused(verb, *arguments, "--no-such-option", words=["--no-such-option"])

    def test_missing_workload(self):
        for verb in SELECTING:
            with self.subTest(verb):
                self.refused(verb, words=["workload"])

    def test_unknown_names_give_the_nearest(self):
        for verb in SELECTING:
            with self.subTest(verb):
                self.refused(verb, "tabel1", words=["'tabel1'", "table1"])
                self.refused(verb, "table1", "--profile", "smok", words=["'smok'", "smoke"])
                self.refused(verb, "table1", "--profile", "smoke", "--cell", "pets/R50x1/1K-NATT",
                             words=["'pets/R50x1/1K-NATT'", CELL])
        self.refused("baseline", "record", "tabel1", words=["'tabel1'", "table1"])
        self.refused("check", "table1", "--claim", "network-scale-naturel",
                     words=["'network-scale-naturel'", "network-scale-natural"])
        self.refused("report", "table1", "--profile", "smoke", "--format", "xml", words=["'xml'", "md, html, csv, json"])

    def test_cell_that_selects_nothing_beside_one_that_does(self):
        self.refused("plan", "table1", "--cell", "pets/*", "--cell", "petz/R50x1/1K-NAT",
                     words=["'petz/R50x1/1K-NAT'", CELL])

    def test_seeds(self):
        for seeds in ("a", "4-0", "1,1", "-1", "0-99999999999"):
            with self.subTest(seeds):
                self.refused("plan", "table1", f"--seeds={seeds}", words=["--seeds", f"'{seeds}'"])

    def test_store_that_is_a_file(self):
        for verb in ("plan", "run", "check", "report"):
            with self.subTest(verb):
                self.refused(verb, "table1", "--profile", "smoke", "--store", "/dev/null", code=5, words=["/dev/null"])

    def test_write_nothing(self):
        self.test_unknown_names_give_the_nearest()
        self.assertEqual(list(self.folder.iterdir()), [])


class Declarations(CommandTest):
    """A workloads folder of the user's, named by TRANSFERSCALE_WORKLOADS."""

    def setUp(self):
        super().setUp()
        self.workloads = self.folder / "mine"
        shutil.copytree(SOURCES / "workloads", self.workloads)
        self.environment = {"TRANSFERSCALE_WORKLOADS": str(self.workloads)}

    def change(self, name, old, new):
        text = (self.workloads / name).read_text()
        self.assertIn(old, text)
        (self.workloads / name).write_text(text.replace(old, new, 1))
        return 1 + text[:text.index(old)].count("\n")

    def test_faults_of_all_files_at_once(self):
        first = self.change("networks/bit.toml", "groups = 32", "grups = 32")
        second = self.change("profiles/smoke.toml", 'pretrain-xray = "smoke', 'pretrain-xray = "smokey')
        third = self.change("cherti2021/table1/workload.toml", '"covidx"', '"covidxx"')
        error = self.refused("list", environment=self.environment)
        self.assertIn(f"mine/networks/bit.toml:{first}: found unknown key 'grups', expected", error)
        self.assertIn(f"mine/profiles/smoke.toml:{second}: found recipe 'smokey-pretrain-xray'", error)
        self.assertIn(f"mine/cherti2021/table1/workload.toml:{third}: found target 'covidxx'", error)
        for nearest in ("groups", "smoke-pretrain-xray", "covidx"):
            self.assertIn(nearest, error)

    def test_syntax_error(self):
        line = self.change("systems/juwels-booster.toml", 'gpu = "A100', "gpu = A100")
        self.refused("list", environment=self.environment, words=[f"mine/systems/juwels-booster.toml:{line}: "])

    def test_absent_folder(self):
        self.refused("list", environment={"TRANSFERSCALE_WORKLOADS": "/no/such/folder"},
                     words=["/no/such/folder", "TRANSFERSCALE_WORKLOADS"])

    def test_several_workloads_are_an_array_in_the_order_asked(self):
        shutil.copytree(self.workloads / "cherti2021/table1", self.workloads / "cherti2021/twin")
        self.change("cherti2021/twin/workload.toml", 'id = "table1"', 'id = "twin"')
        for verb in ("plan", "check"):
            found = self.document(verb, "twin", "table1", "--profile", "smoke", environment=self.environment)
            self.assertEqual([d["workload"] for d in found], ["twin", "table1"])
        keys = [[i["key"] for i in d["items"]]
                for d in self.document("plan", "twin", "table1", "--profile", "smoke", environment=self.environment)]
        self.assertEqual(keys[0], keys[1])
        ids = [w["id"] for w in self.document("list", environment=self.environment)["workloads"]]
        self.assertEqual([i for i in ids if i in ("table1", "twin")], ["table1", "twin"])

    def test_paths_do_not_change_keys(self):
        mine = self.document("plan", "table1", "--profile", "smoke", environment=self.environment)
        self.assertEqual(mine["items"], self.document("plan", "table1", "--profile", "smoke")["items"])


class ListAndPlan(CommandTest):
    def test_list(self):
        workloads = {w["id"]: w for w in self.document("list")["workloads"]}
        table1 = workloads["table1"]
        self.assertEqual(table1["cells"], 88)
        self.assertGreaterEqual(table1["claims"], 5)
        self.assertIn("Table 1", table1["source"])
        self.assertTrue(table1["title"])
        runs = {name: (p["runs"], p["parents"]) for name, p in table1["profiles"].items()}
        self.assertEqual(runs, {"paper": (440, 18), "laptop": (440, 18), "smoke": (176, 18)})
        for profile in table1["profiles"].values():
            self.assertGreater(profile["estimate_seconds"], 0)

    def test_list_for_people(self):
        answer = self.call("list")
        self.assertEqual(answer.returncode, 0)
        for word in ("table1", "Table 1", "88", "smoke", "laptop", "paper"):
            self.assertIn(word, answer.stdout)

    def test_plan(self):
        plan = self.document("plan", "table1", "--profile", "smoke")
        self.assertEqual((plan["workload"], plan["profile"]), ("table1", "smoke"))
        self.assertEqual((plan["cells"], plan["runs"], plan["parents"], plan["cached"]), (88, 176, 18, 0))
        self.assertGreater(plan["estimate_seconds"], 0)
        self.assertEqual(plan["skipped"], [])
        self.assertEqual(len(plan["items"]), 176 + 18)
        parents = {i["key"] for i in plan["items"] if i["cell"] is None}
        self.assertEqual(len(parents), 18)
        for item in plan["items"]:
            self.assertRegex(item["key"], "^[0-9a-f]{64}$")
            self.assertEqual(item["state"], "todo")
            if item["cell"] is None:
                self.assertIsNone(item["parent"])
            else:
                self.assertIn(item["parent"], parents)
        self.assertEqual(len({i["key"] for i in plan["items"]}), 194)

    def test_profile_is_laptop_by_default(self):
        self.assertEqual(self.document("plan", "table1", "--cell", CELL)["profile"], "laptop")

    def test_keys_are_those_of_an_independent_computation(self):
        for profile in ("paper", "laptop", "smoke"):
            expected = plan_keys.Plan(SOURCES / "workloads", "table1", profile).expand()
            found = self.document("plan", "table1", "--profile", profile)["items"]
            fields = ("key", "cell", "seed", "parent")
            self.assertEqual([[i[f] for f in fields] for i in found], [[i[f] for f in fields] for i in expected])

    def test_selection_by_seeds_and_cells(self):
        plan = self.document("plan", "table1", "--profile", "smoke", "--seeds", "3-4,9", "--cell", CELL)
        self.assertEqual((plan["cells"], plan["runs"], plan["parents"]), (1, 3, 1))
        self.assertEqual([i["seed"] for i in plan["items"] if i["cell"]], [3, 4, 9])
        two = self.document("plan", "table1", "--profile", "smoke", "--cell", "pets/R50x1/*", "--cell", CELL)
        self.assertEqual((two["cells"], two["parents"]), (4, 4))

    def test_protocols(self):
        run, written = (self.document("plan", "table1", "--profile", "laptop", "--protocol", protocol)
                        for protocol in ("as-run", "as-written"))
        self.assertEqual((run["protocol"], written["protocol"]), ("as-run", "as-written"))
        self.assertEqual(run["items"], written["items"])  # the miniature does not tell them apart
        expected = plan_keys.Plan(SOURCES / "workloads", "table1", "paper", "as-written").expand()
        found = self.document("plan", "table1", "--profile", "paper", "--protocol", "as-written")["items"]
        self.assertEqual([i["key"] for i in found], [i["key"] for i in expected])
        checked = self.document("check", "table1", "--profile", "smoke", "--protocol", "as-written")
        self.assertEqual((checked["protocol"], checked["cells_as_run"]), ("as-written", 88))
        self.refused("plan", "table1", "--protocol", "as-wished", words=["'as-wished'", "as-run, as-written"])

    def test_few_shots_that_a_class_does_not_hold_are_skipped(self):
        plan = self.document("plan", "fewshot-cifar10", "--profile", "smoke")
        self.assertEqual(plan["cells"] + len(plan["skipped"]), 24)
        reasons = {s["cell"]: s["reason"] for s in plan["skipped"]}
        self.assertRegex(reasons["cifar10/R50x1/1K-NAT/500"], "^500 shots, but the smallest class of .* at most [0-9]+ of its 512")
        checked = {c["id"]: c for c in self.document("check", "fewshot-cifar10", "--profile", "smoke")["cells"]}
        self.assertEqual(checked["cifar10/R50x1/1K-NAT/500"]["verdict"], "missing")
        self.assertIn("500 shots", checked["cifar10/R50x1/1K-NAT/500"]["reason"])

    def test_plan_for_people(self):
        answer = self.call("plan", "table1", "--profile", "smoke", "--cell", CELL)
        self.assertEqual((answer.returncode, answer.stderr), (0, ""))
        for word in ("table1", "smoke", CELL, "pretrain imagenet1k/R50x1"):
            self.assertIn(word, answer.stdout)


class CheckAndReportOfAnEmptyStore(CommandTest):
    """Absence is never agreement."""

    def smoke(self, verb, *arguments):
        return [verb, "table1", "--profile", "smoke", *arguments]

    def test_check(self):
        document = self.document(*self.smoke("check"))
        self.assertEqual((document["workload"], document["profile"]), ("table1", "smoke"))
        self.assertEqual(document["counts"], {"identical": 0, "equivalent": 0, "different": 0, "inconclusive": 0, "missing": 88,
                                              "no_reference": 0})
        self.assertEqual(len(document["cells"]), 88)
        for cell in document["cells"]:
            self.assertEqual((cell["n"], cell["mean"], cell["sd"], cell["verdict"]), (0, None, None, "missing"))
            for field in ("difference", "ci95", "p_different", "p_equivalent"):
                self.assertIsNone(cell[field], field)
            self.assertEqual(set(cell["reference"]) & {"kind", "mean", "sd", "n", "origin"},
                             {"kind", "mean", "sd", "n", "origin"})
            self.assertIn(cell["metric"], ("top1", "mean_auc"))
            self.assertGreater(cell["margin"], 0)
            self.assertTrue(cell["reason"])
        for claim in document["claims"]:
            self.assertEqual(claim["verdict"], "missing")
            self.assertTrue(claim["id"] and claim["text"] and claim["robustness"] and claim["evidence"])

    def test_check_exit_codes(self):
        self.assertEqual(self.call(*self.smoke("check")).returncode, 0)
        self.assertEqual(self.call(*self.smoke("check", "--strict")).returncode, 1)
        self.document(*self.smoke("check", "--strict"), code=1)

    def test_check_selects_cells_and_claims(self):
        cells = self.document(*self.smoke("check", "--cell", CELL))["cells"]
        self.assertEqual([c["id"] for c in cells], [CELL])
        claims = self.document(*self.smoke("check", "--claim", "network-scale-natural"))["claims"]
        self.assertEqual([c["id"] for c in claims], ["network-scale-natural"])

    def test_check_prints_a_line_for_each_cell_and_claim(self):
        document = self.document(*self.smoke("check"))
        lines = self.call(*self.smoke("check")).stdout.splitlines()
        for name in [c["id"] for c in document["cells"]] + [c["id"] for c in document["claims"]]:
            self.assertTrue(any(f" {name} " in line and line.startswith("missing") for line in lines), name)

    def test_tables_fit_the_terminal(self):
        for columns in (80, 120):
            for verb in (self.smoke("check"), self.smoke("report", "--out", "out", "--format", "md")):
                text = self.call(*verb, environment={"COLUMNS": str(columns)}).stdout
                for line in text.splitlines():
                    if not line.startswith("Report: "):
                        self.assertLessEqual(len(line), columns, line)
                self.assertIn("Nothing was compared", text.replace("\n", " "))
                self.assertNotIn("equivalent", text)

    def test_a_terminal_says_how_wide_it_is(self):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 72, 0, 0))
        environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "TRANSFERSCALE_STORE")}
        with subprocess.Popen([PROGRAM, *self.smoke("check")], stdout=slave, cwd=self.folder,
                              env=environment | {"NO_COLOR": "1"}) as process:
            os.close(slave)
            text = b""
            try:
                while chunk := os.read(master, 65536):
                    text += chunk
            except OSError:  # EIO: the program has closed its side
                pass
            os.close(master)
        self.assertEqual(process.returncode, 0)
        longest = max(len(line) for line in text.decode().splitlines())
        self.assertTrue(60 < longest <= 72, longest)

    def test_check_of_paper_compares_with_the_published_numbers(self):
        cells = {c["id"]: c for c in self.document("check", "table1", "--profile", "paper")["cells"]}
        cifar = cells["cifar10/R50x1/1K-NAT"]["reference"]
        self.assertEqual((round(cifar["mean"], 2), round(cifar["sd"], 2), cifar["n"]), (94.26, 0.05, 5))
        nih = cells["nih/R152x4/21K-NAT"]["reference"]
        self.assertEqual((nih["mean"], nih["sd"], nih["n"]), (82.80, 0.41, 5))

    def test_report_writes_into_its_folder_alone(self):
        document = self.document(*self.smoke("report", "--out", "out", "--format", "md,csv,json"))
        self.assertEqual([p.name for p in self.folder.iterdir()], ["out"])
        files = {p.suffix: p for p in (self.folder / "out").iterdir()}
        self.assertEqual(set(files), {".md", ".csv", ".json"})
        self.assertEqual(sorted(document["files"]), sorted(f"out/{p.name}" for p in files.values()))
        self.assertEqual(json.loads(files[".json"].read_text())["counts"]["missing"], 88)
        with files[".csv"].open(newline="") as file:
            self.assertEqual(len(list(csv.DictReader(file))), 88)
        text = files[".md"].read_text()
        for word in ("94.26", "missing", "network-scale-natural"):
            self.assertIn(word, text)

    def test_report_into_a_folder_that_cannot_be(self):
        answer = self.call(*self.smoke("report", "--out", "/proc/no"))
        self.assertEqual(answer.returncode, 6)
        self.assertIn("/proc/no", answer.stderr)

    def test_baseline_of_nothing_is_refused(self):
        answer = self.call("baseline", "record", "table1", "--profile", "smoke", "--out", "b")
        self.assertNotEqual(answer.returncode, 0)
        self.assertIn(CELL, answer.stderr)
        self.assertFalse((self.folder / "b").exists())


class Doctor(CommandTest):
    def test_document(self):
        # 6 where the worker is not built: that is what doctor is for.
        answer = self.call("doctor", "--json")
        self.assertIn(answer.returncode, (0, 6))
        document = json.loads(answer.stdout)
        self.assertEqual(document["cores"], os.cpu_count())
        self.assertGreater(document["memory_bytes"], 2 ** 28)
        self.assertIsInstance(document["devices"], list)
        self.assertRegex(document["libraries"]["libtorch"], r"^\d+\.\d+")
        self.assertIn("mpi", document)
        sets = {d["name"]: d for d in document["datasets"]}
        self.assertEqual({type(d["found"]) for d in document["datasets"]}, {bool})
        self.assertTrue(sets["phantom-nih"]["found"])
        for entry in document["datasets"]:
            self.assertIn("root", entry)


class Anywhere(CommandTest):
    """Verbs that only read start without a home, in a folder where nothing can be written, and leave no trace."""
    READING = [["list"], ["plan", "table1", "--profile", "paper"], ["check", "table1", "--profile", "smoke"],
               ["stats", "holm", "--p", "0.5"]]

    def test_without_home_where_nothing_can_be_written(self):
        for arguments in self.READING:
            with self.subTest(arguments):
                answer = self.call(*arguments, cwd="/proc", environment={"HOME": None, "TMPDIR": "/no/such"})
                self.assertEqual((answer.returncode, answer.stderr), (0, ""))

    def test_leave_no_trace(self):
        for arguments in self.READING + [["doctor"]]:
            self.call(*arguments)
            self.assertEqual(list(self.folder.iterdir()), [], arguments)

    def test_json_and_quiet_leave_stderr_empty(self):
        for arguments in self.READING:
            with self.subTest(arguments):
                answer = self.call(*arguments, "--json", "--quiet")
                self.assertEqual((answer.returncode, answer.stderr), (0, ""))
                json.loads(answer.stdout)

    def test_quiet_keeps_results(self):
        for arguments in self.READING:
            self.assertEqual(self.call(*arguments, "--quiet").stdout, self.call(*arguments).stdout, arguments)

    def test_same_answer_twice(self):
        for arguments in self.READING:
            self.assertEqual(self.call(*arguments, "--json").stdout, self.call(*arguments, "--json").stdout)

    def test_store_is_named_by_option_or_environment(self):
        (self.folder / "file").write_text("no store")
        for arguments, environment in ((["--store", "file"], {}), ([], {"TRANSFERSCALE_STORE": "file"})):
            self.refused("plan", "table1", "--profile", "smoke", *arguments, environment=environment, code=5,
                         words=["file"])
        self.assertEqual(self.call("plan", "table1", "--profile", "smoke", "--store", "none",
                                   environment={"TRANSFERSCALE_STORE": "file"}).returncode, 0)

    def test_torch_is_not_loaded(self):
        libraries = subprocess.run(["ldd", PROGRAM], capture_output=True, text=True, check=True).stdout
        self.assertIn("libc.so", libraries)
        names = [line.split()[0] for line in libraries.splitlines() if line.strip()]  # not the addresses, any hex digits
        for forbidden in ("libtorch", "libc10", "libgomp"):
            self.assertEqual([name for name in names if name.startswith(forbidden)], [])


if __name__ == "__main__":
    unittest.main()
