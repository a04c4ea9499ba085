#!/usr/bin/env python3
"""Names that do not exist, damaged data and records, stores that cannot be used: the promised exit code, a message that
names what is wrong, and everything that was finished still there.

    bad_input.py TRANSFERSCALE PRINT_RECORDS
"""
import pathlib
import shutil
import subprocess

from campaign import Campaign, expect, expect_complete, main

CELL = "tuberculosis/R50x1/1K-NAT"
DATA_CELL = "cifar10/R50x1/1K-NAT"
FASHION_MNIST = pathlib.Path("/usr/share/datasets/fashion-mnist")
IMAGES = "train-images-idx3-ubyte.gz"


def expect_error(what, got, code, *words):
    """`got` = (exit code, message): the code, and all words in a message of the house's shape. A name that does not exist
    needs no fix beside the names that do."""
    expect(got[0] == code, f"{what}: exit code {got[0]}, expected {code}: {got[1]}")
    for word in (f"error[E{code}", "expected" if code == 2 else "Fix: ", *words):
        expect(word in got[1], f"{what}: '{word}' is not in: {got[1]}")


def outcome(campaign, verb, *options):
    code, _, messages = campaign.call(verb, *options)
    return code, messages


def flip_a_bit(path, position=None):
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if position is None else position] ^= 1
    path.write_bytes(content)


def unknown_names(arguments, folder):
    campaign = Campaign(arguments, folder / "unknown", [])
    at_store = ["--store", str(campaign.store)]
    for selection, options, words in ((at_store, ["--profile", "smoky"], ["smoky", "smoke"]),
                                      (campaign.selection, ["--cell", CELL + "T"], [CELL + "T", CELL])):
        campaign.selection = selection
        for verb in ("plan", "run"):
            expect_error(f"{verb} {options}", outcome(campaign, verb, *options), 2, *words)
    expect(not campaign.store.exists(), "a store was made for a plan that does not exist")
    done = subprocess.run([arguments.program, "run", "tabel1"], text=True, capture_output=True, check=False)
    expect_error("run tabel1", (done.returncode, done.stderr), 2, "tabel1", "table1")


def damaged_data(arguments, folder):
    """A corrupt, a truncated and a missing file; the runs that need other data are done all the same."""
    if not FASHION_MNIST.is_dir():
        print("left out: Fashion-MNIST is not on this machine")
        return
    data = folder / "data"
    shutil.copytree(FASHION_MNIST, data / "fashion-mnist")
    file = data / "fashion-mnist" / IMAGES
    campaign = Campaign(arguments, folder / "data-store", [CELL, DATA_CELL], environment={"TRANSFERSCALE_DATA": str(data)})

    flip_a_bit(file)
    code, running = campaign.run()
    expect_error("corrupt data", (code, running.messages()), 3, str(file), "SHA-256")
    expect(running.summary()["failed"] == 2 and running.summary()["done_now"] == 3,
           f"not only the runs on damaged data failed: {running.summary()}")
    states = {item["state"] for item in campaign.plan()["items"] if item["cell"] == DATA_CELL}
    expect(states == {"failed"}, f"states {states}")

    shutil.copy(FASHION_MNIST / IMAGES, file)
    with open(file, "r+b") as stream:
        stream.truncate(1000)
    code, running = campaign.run()
    expect_error("truncated data", (code, running.messages()), 3, str(file), "byte")

    file.unlink()
    code, running = campaign.run()
    expect_error("missing data", (code, running.messages()), 3, str(file))

    shutil.copy(FASHION_MNIST / IMAGES, file)
    code, running = campaign.run()
    expect(code == 0 and running.summary()["done_before"] == 3, f"repaired data: {code} {running.messages()}")
    expect_complete(campaign)


def damaged_records(arguments, folder, campaign):
    wanted = expect_complete(campaign)
    first, second = sorted(key for key, line in wanted.items() if f" {CELL} " in line)
    path = {key: campaign.store / "records" / key[:2] / f"{key}.h5" for key in (first, second)}
    for damage in (lambda: flip_a_bit(path[first]), lambda: flip_a_bit(path[first], 3),
                   lambda: path[first].write_bytes(b""), lambda: shutil.copy(path[second], path[first])):
        before = len(list((campaign.store / "damaged").glob("*.h5")))
        damage()
        for verb in ("plan", "check"):
            expect_error(f"{verb} of a damaged record", outcome(campaign, verb), 5, str(path[first]))
        code, running = campaign.run()
        expect(code == 0, f"damaged record: run ended with {code}: {running.messages()}")
        expect(running.summary()["lost"] == [first] and running.summary()["done_now"] == 1, f"{running.summary()}")
        expect(len(list((campaign.store / "damaged").glob("*.h5"))) == before + 1, "the record was not set aside")
        expect_complete(campaign, wanted)
    path[first].unlink()
    code, running = campaign.run(options=["--no-loss"])
    expect_error("a lost record", (code, running.messages()), 5, first)
    expect_complete(campaign, wanted)


def foreign_stores(arguments, folder):
    version = Campaign(arguments, folder / "version", [CELL])
    version.store.mkdir()
    (version.store / "format").write_text("transferscale-store 999\n")
    for verb in ("plan", "run", "check"):
        expect_error(f"{verb} on another version", outcome(version, verb), 5, "transferscale-store 999", str(version.store))
    expect([path.name for path in version.store.iterdir()] == ["format"], "something was written into a foreign store")

    photos = Campaign(arguments, folder / "photos", [CELL])
    photos.store.mkdir()
    (photos.store / "holiday.jpg").write_text("not a record")
    expect_error("run on a folder of photos", outcome(photos, "run"), 5, "holiday.jpg")
    expect(len(list(photos.store.iterdir())) == 1, "something was written into a foreign folder")

    file = Campaign(arguments, folder / "file", [CELL])
    file.store.write_text("")
    for verb in ("plan", "run"):
        expect_error(f"{verb} on a file", outcome(file, verb), 5, str(file.store))


def in_namespace(campaign, mount, after="true"):
    """`run` in a mount namespace of its own, prepared by shell words: (exit code, messages, what `after` printed);
    nothing where that is not allowed."""
    script = f'{mount} || exit 200; "$@" 2>"$LOG"; echo "$?"; {after}'
    environment = {**campaign.environment, "STORE": str(campaign.store), "LOG": str(campaign.folder / "log"),
                   "READER": campaign.reader}
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script, "sh", campaign.program, "run", "table1",
                           *campaign.selection], text=True, env=environment, stdout=subprocess.PIPE, check=False)
    if done.returncode == 200 or not done.stdout:
        return None
    code, _, rest = done.stdout.partition("\n")
    return int(code), (campaign.folder / "log").read_text(), rest


def unwritable_stores(arguments, folder, campaign):
    allowed = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0
    if not allowed:
        print("left out: no mount namespaces here")
        return
    wanted = campaign.records()
    key = sorted(wanted)[0]
    record = campaign.store / "records" / key[:2] / f"{key}.h5"
    content = record.read_bytes()
    record.unlink()
    got = in_namespace(campaign, 'mount --bind "$STORE" "$STORE" && mount -o remount,bind,ro "$STORE"')
    record.write_bytes(content)
    if got is not None:
        expect_error("a read-only store", got[:2], 5, str(campaign.store), "Read-only file system")
        expect_complete(campaign, wanted)

    needed = sum((path.stat().st_size + 4095) // 4096 * 4
                 for name in ("records", "checkpoints") for path in (campaign.store / name).rglob("*.h5"))
    for kilobytes in (16, needed // 2, needed - 8):  # nothing fits, no checkpoint fits, not every record fits
        full = Campaign(arguments, folder / f"full-{kilobytes}", [CELL])
        full.store.mkdir()
        got = in_namespace(full, f'mount -t tmpfs -o size={kilobytes}k tmpfs "$STORE"',
                           'find "$STORE" -name "*tmp*"; "$READER" "$STORE"')
        if got is None:
            print("left out: no tmpfs here")
            return
        code, messages, left = got
        expect(code in (4, 5), f"{kilobytes} kB: exit code {code}: {messages}")
        print(f"{kilobytes} of {needed} kB: exit code {code}, {len(left.splitlines())} records")
        expect("No space left on device" in messages and "Fix: free space" in messages, f"{kilobytes} kB: {messages}")
        lines = left.splitlines()
        expect(all(line.startswith(("finished ", "failed ")) for line in lines), f"half-written: {lines}")
        for line in lines:
            expect(line.startswith("failed ") or line == wanted[line.split(" ")[1]], f"a wrong result: {line}")


def body(arguments, folder):
    unknown_names(arguments, folder)
    foreign_stores(arguments, folder)
    campaign = Campaign(arguments, folder / "good", [CELL])
    code, running = campaign.run()
    expect(code == 0, f"run ended with {code}: {running.messages()}")
    damaged_records(arguments, folder, campaign)
    unwritable_stores(arguments, folder, campaign)
    damaged_data(arguments, folder)
    print("every bad input was answered as promised")


if __name__ == "__main__":
    main(body, __doc__)
