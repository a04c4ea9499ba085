"""The numbers that the documents state in prose, each computed from what a command of the tree prints. Read by ci/check-documents."""
import csv
import json


def _json(source, command):
    return json.loads(source.text(command))


def _readme(source):
    table1 = next(each for each in _json(source, "list --json")["workloads"] if each["id"] == "table1")
    hours = round(table1["profiles"]["paper"]["estimate"]["device_hours"], -2)
    yield f"{hours:,.0f} A100-hours for Table 1"
    grades = [claim["grade"] for claim in _json(source, "audit --json")["claims"]]
    robust, printed, fragile, unsupported = (grades.count(grade) for grade in ("robust", "robust-printed", "fragile", "not-supported"))
    yield f"{len(grades)} claims: {robust} robust, {printed} robust (printed values), {fragile} fragile, {unsupported} not supported"


def _reproduce(source):
    audit = _json(source, "audit --json")
    cells = {(cell["target"], cell["model"], cell["raw_source"], cell["shots"])
             for table in audit["tables"] for cell in table["cells"] if cell["n"]}
    wrong = sum(cell["agrees"] is False for table in audit["tables"] for cell in table["cells"])
    pairs = {(each["target"], each["model"], each["shots"], each["a"], each["b"]) for each in audit["contrasts"] if each["test"] == "welch"}
    yield f"{len(cells)} cells, {wrong or 'no'} printed means that disagree"
    yield f"{len(pairs)} contrasts of two sources"
    yield from _parents(source)


def _parents(source):
    with open(source.root / "workloads/cherti2021/parents/measured/laptop.csv", encoding="utf-8") as file:
        taus = [float(row["tau"]) for row in csv.DictReader(file)]
    yield f"At `laptop` τ is {min(taus):.1f} to {max(taus):.1f} points"


def _performance(source):
    tests = _json(source, "predict --system juwels-booster --to 1024 --json --quiet")["back_tests"]
    tests = [each for each in tests if each["form"] == "sqrt"]
    counts = [str(each["calibrated_to"]) for each in tests]
    worst = [f"{max(abs(point['error_points']) for point in each['held_out']):.2f}" for each in tests]
    yield (f"calibrated on the rows of Table 2 up to {', '.join(counts[:-1])} and {counts[-1]} GPUs, misses the others by at most "
           f"{', '.join(worst[:-1])} and {worst[-1]} points of efficiency")


def sentences(source):
    """For each document, the sentences (white space aside) that it has to state."""
    return {"README.md": list(_readme(source)), "REPRODUCE.md": list(_reproduce(source)), "PERFORMANCE.md": list(_performance(source))}
