"""What explains the program: help texts, --version, `list WORKLOAD`, completions, the manual page, nearest names."""
import json
import re
import shutil
import subprocess
import unittest

from command import PROGRAM, CommandTest

COMMANDS = ["list", "reproduce", "plan", "run", "check", "report", "audit", "scale", "predict", "bundle", "verify", "compare",
            "baseline", "data", "weights", "infer", "doctor", "submit", "stats", "help", "completion", "man"]
PATHS = [*COMMANDS, "data check", "data pack", "data show"]


class HelpTexts(CommandTest):
    def test_fit_80_columns(self):
        for path in ("", *PATHS):
            for line in self.call(*path.split(), "--help").stdout.splitlines():
                self.assertLessEqual(len(line), 80, f"{path}: {line}")

    def test_help_command_prints_the_same(self):
        for path in PATHS:
            with self.subTest(path):
                answer = self.call("help", *path.split())
                self.assertEqual((answer.returncode, answer.stderr), (0, ""))
                self.assertEqual(answer.stdout, self.call(*path.split(), "--help").stdout)
        self.assertEqual(self.call("help").stdout, self.call("--help").stdout)

    def test_names_every_command(self):
        text = self.call("--help").stdout
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {command} ")

    def test_common_options_come_first_and_rare_ones_in_groups(self):
        text = self.call("run", "--help").stdout
        titles = re.findall(r"(?m)^(\S.*):$", text)
        self.assertEqual(titles[0], "Options")
        self.assertEqual(titles[-1], "Help and output")
        for title in ("Data", "Ranks, reduction and precision", "Smaller runs, for trying out (no verdicts)"):
            self.assertIn(title, titles)
        self.assertLess(text.index("--cell"), text.index("\nData:"))
        self.assertGreater(text.index("--bucket-bytes"), text.index("\nRanks"))

    def test_speak_of_commands_not_verbs(self):
        for path in ("", *PATHS):
            self.assertNotRegex(self.call(*path.split(), "--help").stdout, r"\b([Vv]erbs?|rungs?|phantoms?|world)\b(?! FILE)",
                                path)

    def test_version(self):
        text = self.call("--version").stdout
        for words in (r"^transferscale \d+\.\d+\.\d+\n", r"commit \w+", r"LibTorch \d+\.\d+", r"build, GNU|Clang"):
            self.assertRegex(text, words)
        document = self.document("--version")
        self.assertEqual(f"transferscale {document['version']}", text.splitlines()[0])
        self.assertTrue(document["commit"] and document["build_type"] and document["libtorch"])
        self.refused("--json", words=["--version"])


class Mistakes(CommandTest):
    def test_no_command_says_what_to_try(self):
        error = self.refused()
        self.assertIn("no command given", error)
        self.assertIn("`transferscale list`", error)

    def test_nearest_names(self):
        for arguments, words in (
                (["chek", "table1"], ["command: found 'chek'", "use check"]),
                (["data", "chek", "nih"], ["command: found 'chek'", "use check"]),
                (["help", "chek"], ["'chek'", "use check"]),
                (["help", "data", "shwo"], ["'shwo'", "use show"]),
                (["run", "table1", "--profil", "smoke"], ["'--profil'", "use --profile"]),
                (["run", "tabel1"], ["'tabel1'", "use table1"]),
                (["run", "TABLE1"], ["'TABLE1'", "use table1"]),
                (["run", "fewshot-*s-x"], ["'fewshot-*s-x'", "fewshot-pets"]),
                (["list", "fig9"], ["'fig9'", "fig"]),
                (["plan", "table1", "--profile", "laptp"], ["'laptp'", "use laptop"]),
                (["plan", "table1", "--cell", "petz/*"], ["--cell: found 'petz/*'", "nearest: pets/"]),
                (["plan", "table1", "table5", "--cell", "petz/*"], ["--cell: found 'petz/*'", "nearest: pets/"]),
                (["check", "table1", "--claim", "network-scale-naturel"], ["network-scale-natural"]),
                (["run", "table1", "--reduction", "fats"], ["--reduction: found 'fats'", "use fast"]),
                (["run", "table1", "--device", "gpu"], ["--device: found 'gpu'", "auto, cpu, cuda"]),
                (["run", "table1", "--jobs", "0"], ["--jobs: found '0'", "1 to 1024"]),
                (["run", "table1", "--deadline", "nan"], ["--deadline: found 'nan'", "0.1 to 86400"]),
                (["run", "table1", "--jobs"], ["--jobs: found no value"]),
                (["run"], ["transferscale run: found no workload"]),
                (["verify", "a", "b"], ["'b'", "no further argument"]),
                (["data"], ["transferscale data: found no command", "check, pack, show"]),
                (["data", "check", "padchst"], ["'padchst'", "use padchest"]),
                (["data", "show", "cifar-10", "--out", "x.png"], ["'cifar-10'", "use cifar10"]),
                (["infer", "--model", "r50X1", "--classes", "2", "--weights", "w", "--images", "i", "--out", "o"],
                 ["'r50X1'", "use R50x1"]),
                (["predict", "--system", "juwels"], ["'juwels'", "juwels-booster"]),
                (["submit", "table1", "--system", "juwels"], ["'juwels'", "juwels-booster"]),
                (["scale", "--model", "R50x2"], ["'R50x2'", "R50x1"]),
                (["weights", "exprot", "--model", "R50x1"], ["'exprot'", "use export"]),
                (["completion", "fisch"], ["'fisch'", "use fish"])):
            with self.subTest(arguments):
                self.refused(*arguments, words=words)


class Globs(CommandTest):
    def test_of_workloads(self):
        listed = [w["id"] for w in self.document("list", "fewshot-p*")["workloads"]]
        self.assertEqual(listed, ["fewshot-padchest-cl", "fewshot-pets"])
        plans = self.document("plan", "fewshot-p*", "--profile", "smoke")
        self.assertEqual([p["workload"] for p in plans], listed)

    def test_of_cells_select_from_the_workloads_that_have_them(self):
        found = self.document("plan", "table1", "table6", "table7", "--profile", "smoke", "--cell", "mimic-cxr/*",
                              "--cell", "pets/R50x1/*")
        self.assertEqual([p["workload"] for p in found], ["table1", "table6"])
        self.assertEqual({i["cell"].split("/")[0] for i in found[1]["items"] if i["cell"]}, {"mimic-cxr"})


class ListOfOne(CommandTest):
    def test_details(self):
        (table1,) = self.document("list", "table1")["workloads"]
        self.assertEqual(len(table1["cell_ids"]), table1["cells"])
        self.assertEqual(len(table1["claim_list"]), table1["claims"])
        self.assertEqual(table1["axes"]["model"], ["R50x1", "R152x4"])
        self.assertEqual(table1["margins"], {"top1": 1.0, "mean_auc": 0.5})
        summary = next(w for w in self.document("list")["workloads"] if w["id"] == "table1")
        self.assertEqual({k: table1[k] for k in summary}, summary)

    def test_for_people(self):
        for workload in ("table1", "table2", "fig3", "world", "claims"):
            text = self.call("list", workload).stdout
            for line in text.splitlines():
                self.assertLessEqual(len(line), 80, line)
            for words in ("Printed in", "Margin", "Cells", "Claims", "Profiles", "laptop", f"./reproduce {workload}"):
                self.assertIn(words, text, workload)

    def test_nothing_refers_to_documents_that_users_do_not_have(self):
        for arguments in (["list"], ["list", "world"], ["list", "--markdown"], ["check", "world", "--profile", "smoke"]):
            self.assertNotIn("laptop.md", self.call(*arguments).stdout)


class Completion(CommandTest):
    def complete(self, *words):
        """What bash offers for the last of these words."""
        script = self.folder / "transferscale.bash"
        if not script.exists():
            script.write_text(self.call("completion", "bash").stdout)
        shell = f"""source {script}
COMP_WORDS=("$@"); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_transferscale; printf '%s\\n' "${{COMPREPLY[@]}}" """
        answer = subprocess.run(["bash", "-u", "-c", shell, "bash", "transferscale", *words], capture_output=True, text=True,
                                cwd=self.folder, check=True)
        self.assertEqual(answer.stderr, "")
        return answer.stdout.split()

    def test_in_bash(self):
        self.assertEqual(self.complete("che"), ["check"])
        self.assertLessEqual(set(COMMANDS), set(self.complete("")))
        self.assertEqual(self.complete("check", "--pro"), ["--profile", "--protocol"])
        self.assertEqual(self.complete("check", "--profile", "l"), ["laptop"])
        self.assertEqual(self.complete("check", "--profile=", "l"), [])
        self.assertEqual(self.complete("check", "--profile", "=", "l"), ["laptop"])  # as bash splits it
        self.assertEqual(self.complete("check", "--profile", "="), ["laptop", "paper", "smoke"])
        self.assertEqual(self.complete("run", "tab"), [f"table{i}" for i in (1, 4, 5, 6, 7, 8, 9, 2)])
        self.assertEqual(self.complete("run", "table1", "--reduction", ""), ["strict", "fast"])
        self.assertEqual(self.complete("data", ""), ["check", "pack", "show"])
        self.assertLessEqual({"padchest", "padchest-cl"}, set(self.complete("data", "check", "pad")))
        self.assertIn("--labels-only", self.complete("data", "check", "--"))
        self.assertNotIn("--labels-only", self.complete("check", "--"))
        self.assertEqual(self.complete("stats", "we"), ["welch"])
        self.assertEqual(self.complete("submit", "table1", "--system", "ju"), ["juwels-booster"])
        self.assertEqual(self.complete("run", "--jobs", ""), [])
        (self.folder / "stores").mkdir()
        self.assertEqual(self.complete("run", "--store", "st"), ["stores"])
        self.assertEqual(self.complete("verify", "trans"), ["transferscale.bash"])

    def test_in_other_shells_is_valid_and_names_everything(self):
        for shell, option in (("zsh", "--profile["), ("fish", "-l profile")):
            script = self.folder / shell
            script.write_text(self.call("completion", shell).stdout)
            text = script.read_text()
            for word in (*COMMANDS, "table1", "smoke", "juwels-booster", option):
                self.assertIn(word, text, shell)
            if shutil.which(shell):
                checked = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True)
                self.assertEqual((checked.returncode, checked.stderr), (0, ""), shell)


class Manual(CommandTest):
    def test_names_every_command_and_option(self):
        page = self.call("man").stdout
        self.assertTrue(page.isascii())
        plain = page.replace("\\-", "-")
        for path in PATHS:
            if path != "data":
                self.assertIn(f".SS transferscale {path}\n", plain)
        for word in ("--bucket-bytes", ".SH EXIT STATUS", "TRANSFERSCALE_STORE", ".SH EXAMPLES"):
            self.assertIn(word, plain)

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_is_what_groff_understands(self):
        page = self.call("man").stdout
        shown = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=page, capture_output=True, text=True)
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        text = re.sub(".\x08", "", shown.stdout)  # bold: letters printed twice
        for words in ("transferscale run", "--bucket-bytes", "of the section COMMON OPTIONS"):
            self.assertIn(words, text)


if __name__ == "__main__":
    unittest.main()
