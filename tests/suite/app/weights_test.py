"""`infer` and `weights` on a small BiT network: timm's logits, round trips, and every kind of foreign file."""
import itertools
import math
import re
import resource
import shutil
import struct
import unittest
import zipfile

from command import GOLDEN_NETWORK, SOURCES, CommandTest

GOLDEN = SOURCES / "tests/golden/weights"
CLASSES = 5
KERNEL = "resnet/block2/unit02/b/standardized_conv2d/kernel"
GAMMA = "resnet/block1/unit01/a/group_norm/gamma"
HEAD = "resnet/head/conv2d/kernel"
BIAS = "resnet/head/conv2d/bias"


def npy(shape, values, descr="'<f4'", fortran=False, version=1):
    """An .npy file; `values` are bytes as they stand."""
    text = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': ({''.join(f'{n}, ' for n in shape)}), }}\n".encode()
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(text)) + text + values


def floats(values):
    return struct.pack(f"<{len(values)}f", *values)


def parsed(data):
    """Shape and values of an .npy file of version 1 in C order."""
    end = 10 + struct.unpack_from("<H", data, 8)[0]
    shape = tuple(map(int, re.findall(r"\d+", re.search(rb"\(.*\)", data[10:end]).group().decode())))
    return shape, struct.unpack(f"<{math.prod(shape)}f", data[end:])


def in_fortran_order(data):
    shape, values = parsed(data)
    strides = [math.prod(shape[i + 1:]) for i in range(len(shape))]
    order = itertools.product(*(range(n) for n in reversed(shape)))
    moved = [values[sum(i * s for i, s in zip(reversed(index), strides))] for index in order]
    return npy(shape, floats(moved), fortran=True, version=2)


class WeightsTest(CommandTest):
    def setUp(self):
        super().setUp()
        workloads = self.folder / "workloads"
        shutil.copytree(SOURCES / "workloads", workloads)
        (workloads / "networks/golden.toml").write_text(GOLDEN_NETWORK)
        self.environment = {"TRANSFERSCALE_WORKLOADS": str(workloads)}
        with zipfile.ZipFile(GOLDEN / "weights.npz") as archive:
            self.arrays = {name.removesuffix(".npy"): archive.read(name) for name in archive.namelist()}

    def write(self, arrays, name="w.npz", method=zipfile.ZIP_STORED):
        """An .npz of (key, bytes) pairs or of a dictionary."""
        with zipfile.ZipFile(self.folder / name, "w", method) as archive:
            for key, data in arrays.items() if isinstance(arrays, dict) else arrays:
                archive.writestr(key + ".npy", data)
        return self.folder / name

    def infer(self, weights, *more, images=GOLDEN / "images.npy", out="y.npy", classes=CLASSES):
        return ("infer", "--model", "golden", "--classes", classes, "--weights", weights, "--images", images, "--out", out, *more)

    def logits(self, weights, **options):
        answer = self.call(*self.infer(weights, **options), environment=self.environment)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return (self.folder / "y.npy").read_bytes()

    def refuses(self, *words, weights="w.npz", code=4, **options):
        """infer ends with this code, these words in its message and no file that was not there."""
        before = sorted(self.folder.iterdir())
        error = self.refused(*self.infer(weights, **options), code=code, words=words, environment=self.environment)
        self.assertEqual(sorted(self.folder.iterdir()), before)
        return error


class Inference(WeightsTest):
    def test_logits_equal_timms(self):
        document = self.document(*self.infer(GOLDEN / "weights.npz"), environment=self.environment)
        self.assertEqual((document["images"], document["classes"]), (3, CLASSES))
        shape, ours = parsed((self.folder / "y.npy").read_bytes())
        wanted_shape, wanted = parsed((GOLDEN / "logits.npy").read_bytes())
        self.assertEqual(shape, wanted_shape)
        largest = max(map(abs, wanted))
        for a, b in zip(ours, wanted):
            self.assertLessEqual(abs(a - b), 1e-5 * largest)

    def test_order_compression_version_and_sequence_change_no_bit(self):
        wanted = self.logits(GOLDEN / "weights.npz")
        moved = {key: in_fortran_order(data) for key, data in reversed(self.arrays.items())}
        self.assertEqual(self.logits(self.write(moved, method=zipfile.ZIP_DEFLATED)), wanted)
        images = self.folder / "x.npy"
        images.write_bytes(in_fortran_order((GOLDEN / "images.npy").read_bytes()))
        self.assertEqual(self.logits(GOLDEN / "weights.npz", images=images), wanted)

    def test_a_run_of_many_images_goes_through_in_batches(self):
        shape, values = parsed((GOLDEN / "images.npy").read_bytes())
        copies = 15  # 45 images: more than one batch
        images = self.folder / "x.npy"
        images.write_bytes(npy((shape[0] * copies, *shape[1:]), floats(values) * copies))
        got_shape, got = parsed(self.logits(GOLDEN / "weights.npz", images=images))
        self.assertEqual(got_shape, (45, CLASSES))
        wanted = parsed(self.logits(GOLDEN / "weights.npz"))[1] * copies
        for a, b in zip(got, wanted):
            self.assertAlmostEqual(a, b, delta=1e-5 * max(map(abs, wanted)))

    def test_unknown_network_and_missing_options(self):
        self.refused("infer", "--model", "R50x9", "--classes", 5, "--weights", "w", "--images", "x", "--out", "y",
                     words=["'R50x9'", "R50x1"])
        self.refused("infer", "--model", "R50x1", "--classes", 5, words=["--weights"])
        self.refused(*self.infer("w.npz", classes=0), words=["--classes"], environment=self.environment)

    def test_result_over_an_input(self):
        weights = self.write(self.arrays)
        self.refuses("result in the same file", out="w.npz", code=2)
        self.assertEqual(weights.read_bytes(), self.write(self.arrays, "again.npz").read_bytes())

    def test_images_that_are_none(self):
        x = self.folder / "x.npy"
        whole = (GOLDEN / "images.npy").read_bytes()
        pixels = floats([0.5] * (3 * 8 * 8))
        for data, words in ((None, ["x.npy"]), (b"", ["npy magic"]), (whole[:-4], ["bytes of values"]), (whole + b"x", ["bytes of values"]),
                            (npy((3, 8, 8), pixels), ["shape [3, 8, 8]", "images x 3"]), (npy((1, 8, 8, 3), pixels), ["shape [1, 8, 8, 3]"]),
                            (npy((0, 3, 8, 8), b""), ["shape [0, 3, 8, 8]"]), (npy((1, 3, 8, 4), pixels, "'<f8'"), ["'<f8'", "float32"]),
                            (npy((1, 3, 8, 8), floats([math.nan]) + pixels[4:]), ["nan at element 0"]),
                            (npy((1, 3, 8, 8), pixels[4:] + floats([-math.inf])), ["-inf at element 191"])):
            with self.subTest(words):
                if data is not None:
                    x.write_bytes(data)
                self.refuses(*words, weights=GOLDEN / "weights.npz", images=x, code=3)

    def test_a_folder_that_does_not_exist(self):
        self.refuses("nowhere", weights=GOLDEN / "weights.npz", out="nowhere/y.npy", code=6)


class ForeignWeights(WeightsTest):
    def replaced(self, key, data):
        return self.write({**self.arrays, key: data})

    def test_every_missing_extra_and_misshapen_key_at_once(self):
        arrays = {**self.arrays, "resnet/block9/unit01/a/group_norm/gamma": npy((1,), floats([1])), KERNEL: npy((3, 3), floats([0] * 9))}
        del arrays[GAMMA]
        arrays["resnet/root_block/standardized_conv2d/kernal"] = arrays.pop("resnet/root_block/standardized_conv2d/kernel")
        arrays[BIAS] = npy((CLASSES,), floats([1] * CLASSES), "'>f4'")
        self.write(arrays)
        error = self.refuses(f"{GAMMA}: found nothing", "block9/unit01/a/group_norm/gamma: found an array for which this network has no parameter",
                             f"{KERNEL}: found shape [3, 3], expected shape [3, 3, 16, 16]",
                             "conv2d/kernel: found nothing (nearest: resnet/root_block/standardized_conv2d/kernal)", f"{BIAS}: found big-endian")
        self.assertEqual(error.count("error[E4"), 6)

    def test_head_of_another_size(self):
        self.refuses(f"{HEAD}: found shape [1, 1, 96, 5], expected shape [1, 1, 96, 7]", "--classes 5", "--zero-head",
                     weights=GOLDEN / "weights.npz", classes=7)

    def test_keys_without_their_prefix(self):
        self.write({key.removeprefix("resnet/"): data for key, data in self.arrays.items()})
        self.refuses("nearest: head/conv2d/bias")

    def test_types(self):
        shape, values = parsed(self.arrays[GAMMA])
        n = len(values)
        for descr, size, words in (("'>f4'", 4, "big-endian values ('>f4')"), ("'<i4'", 4, "type '<i4'"), ("'<f8'", 8, "type '<f8'"),
                                   ("'<f2'", 2, "type '<f2'"), ("'|O'", 8, "pickled Python objects ('|O')"),
                                   ("[('a', '<f4')]", 4, "[('a', '<f4')]"), ("'<c8'", 8, "type '<c8'"), ("'|b1'", 1, "type '|b1'")):
            with self.subTest(descr):
                self.replaced(GAMMA, npy(shape, bytes(n * size), descr))
                self.refuses(f"{GAMMA}: found ", words)

    def test_values_that_are_not_finite(self):
        shape, values = parsed(self.arrays[GAMMA])
        self.write({**self.arrays, GAMMA: npy(shape, floats([*values[:3], math.nan, math.inf, *values[5:]])),
                    BIAS: npy((CLASSES,), floats([0, 0, 0, 0, -math.inf]))})
        self.refuses(f"{GAMMA}: found nan at element 3 (2 such values)", f"{BIAS}: found -inf at element 4")

    def test_headers(self):
        shape, values = parsed(self.arrays[GAMMA])
        good = npy(shape, floats(values))
        many = 1 << 40
        for data, words in ((b"", "no npy magic"), (b"PK" + good[2:], "no npy magic"), (good[:6] + b"\x04" + good[7:], "npy version 4.0"),
                            (good[:8], "8 bytes"), (good[:8] + b"\xff\xff" + good[10:], "a header of 65535 bytes"),
                            (good.replace(b"'<f4'", b"'<f4\""), "stops making sense"), (good.replace(b"False", b"Falso"), "stops making sense"),
                            (good.replace(b"'shape'", b"'sharp'"), "stops making sense"), (good.replace(b"(8", b"(-"), "stops making sense"),
                            (good.replace(b"(8", b"(9"), "bytes of values"), (good[:-1], "bytes of values"),
                            (npy((many, many), b""), "no memory holds"), (npy((many,), b""), f"which is {4 * many} bytes"),
                            (npy((1 << 62, 4), b""), "no memory holds"), (npy((10 ** 30,), b""), "stops making sense"),
                            (b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + good[10:], "a header of 4294967295 bytes")):
            with self.subTest(words):
                self.replaced(GAMMA, data)
                self.refuses(f"{GAMMA}: found ", words)

    def test_names(self):
        pairs = list(self.arrays.items())
        for more, words in (((GAMMA, self.arrays[GAMMA]), f"{GAMMA}.npy: found the same name twice"), (("../up", b""), "../up.npy: found a name that leaves"),
                            (("/etc/passwd", b""), "/etc/passwd.npy: found a name that leaves"), (("a/../../b", b""), "leaves the archive"),
                            (("a\\b", b""), "leaves the archive")):
            with self.subTest(words), self.ignore_duplicates():
                self.write([*pairs, more])
                self.refuses(words)

    def ignore_duplicates(self):
        import warnings
        context = warnings.catch_warnings()
        context.__enter__()
        warnings.simplefilter("ignore")
        self.addCleanup(context.__exit__, None, None, None)
        return self.subTest("duplicates are wanted")

    def test_not_an_array(self):
        weights = self.write(self.arrays)
        with zipfile.ZipFile(weights, "a") as archive:
            archive.writestr("data.pkl", b"cos\nsystem\n(S'touch owned'\ntR.")
        self.refuses("data.pkl: found no .npy array")

    def test_truncated_and_foreign_files(self):
        whole = self.write(self.arrays).read_bytes()
        w = self.folder / "w.npz"
        for size in (0, 1, 21, 22, 1000, len(whole) // 2, len(whole) - 100, len(whole) - 22, len(whole) - 1):
            with self.subTest(size):
                w.write_bytes(whole[:size])
                self.refuses("w.npz: found no whole zip archive")
        w.write_bytes(b"<!DOCTYPE html><title>404</title>")
        self.refuses("no whole zip archive")
        w.unlink()
        self.refuses("w.npz")
        w.mkdir()
        self.refuses("w.npz")
        (self.folder / "w.bin").write_bytes(b"\x80\x02}q\x00.")
        self.refuses("w.bin", weights="w.bin")

    def test_a_flipped_bit_in_the_values(self):
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            data = bytearray(self.write(self.arrays, method=method).read_bytes())
            with zipfile.ZipFile(self.folder / "w.npz") as archive:
                info = archive.getinfo(KERNEL + ".npy")
            data[info.header_offset + info.compress_size // 2 + 200] ^= 1
            (self.folder / "w.npz").write_bytes(data)
            with self.subTest(method):
                self.refuses(f"{KERNEL}: found ")

    def test_methods_and_encryption(self):
        self.write(self.arrays, method=zipfile.ZIP_BZIP2)
        self.refuses("compression method 12")
        data = self.write(self.arrays).read_bytes()
        entry = data.index(b"PK\x01\x02")
        flagged = bytearray(data)
        flagged[entry + 8] |= 1
        (self.folder / "w.npz").write_bytes(flagged)
        self.refuses("encrypted")

    def test_sizes_that_cannot_be(self):
        data = self.write(self.arrays, method=zipfile.ZIP_DEFLATED).read_bytes()
        entry = data.index(b"PK\x01\x02")
        for offset, words in ((20, "said to lie packed"), (24, "said to lie packed")):
            with self.subTest(offset):
                (self.folder / "w.npz").write_bytes(data[:entry + offset] + b"\xf0\xff\xff\xff" + data[entry + offset + 4:])
                self.refuses(words)

    def test_bombs_are_not_unpacked(self):
        million = 1 << 20
        with zipfile.ZipFile(self.folder / "w.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            for key, data in self.arrays.items():
                if key != GAMMA:
                    archive.writestr(key + ".npy", data)
            for key, rows in (("resnet/bomb", 256), (GAMMA, 64)):
                with archive.open(key + ".npy", "w") as entry:
                    entry.write(npy((rows, million), b""))
                    for _ in range(4 * rows):
                        entry.write(bytes(million))
        self.assertLess((self.folder / "w.npz").stat().st_size, 2 * million)
        self.refuses("resnet/bomb: found an array for which this network has no parameter", f"{GAMMA}: found shape [64, 1048576]")
        self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, 800 * 1024)  # KiB; libtorch alone takes 300 MB


class Conversion(WeightsTest):
    def weights(self, action, *more, npz, **options):
        return self.document("weights", action, "--model", "golden", "--npz", npz, *more, environment=self.environment, **options)

    def test_there_and_back_is_bit_exact(self):
        document = self.weights("import", "--classes", CLASSES, "--out", "w.h5", npz=GOLDEN / "weights.npz")
        self.assertEqual(document["tensors"], len(self.arrays))
        self.weights("export", "--checkpoint", "w.h5", npz="back.npz")
        with zipfile.ZipFile(self.folder / "back.npz") as archive:
            self.assertIsNone(archive.testzip())
            back = {name.removesuffix(".npy"): archive.read(name) for name in archive.namelist()}
        self.assertEqual(set(back), set(self.arrays))
        for key, data in self.arrays.items():
            self.assertEqual(back[key], data, key)  # numpy.save's own bytes, header included
        self.assertEqual(self.logits("back.npz"), self.logits("w.h5"))
        first = (self.folder / "back.npz").read_bytes()
        self.weights("export", "--checkpoint", "w.h5", npz="back.npz")
        self.assertEqual((self.folder / "back.npz").read_bytes(), first)

    def test_a_store_keeps_it_under_its_key(self):
        document = self.weights("import", "--classes", CLASSES, "--store", "store", npz=GOLDEN / "weights.npz")
        key = document["key"]
        self.assertTrue((self.folder / f"store/checkpoints/{key[:2]}/{key}.h5").exists())
        self.weights("export", "--run", key, "--store", "store", npz="back.npz")
        self.assertEqual(self.logits("back.npz"), self.logits(GOLDEN / "weights.npz"))

    def test_zero_head_of_any_size(self):
        without = {key: data for key, data in self.arrays.items() if not key.startswith("resnet/head/")}
        for npz in (GOLDEN / "weights.npz", self.write(without)):
            self.weights("import", "--classes", 9, "--zero-head", "--out", "w.h5", npz=npz)
            self.weights("export", "--checkpoint", "w.h5", npz="back.npz")
            with zipfile.ZipFile(self.folder / "back.npz") as archive:
                self.assertEqual(parsed(archive.read(HEAD + ".npy")), ((1, 1, 96, 9), (0.0,) * 96 * 9))
                self.assertEqual(parsed(archive.read(BIAS + ".npy")), ((9,), (0.0,) * 9))
                self.assertEqual(archive.read(KERNEL + ".npy"), self.arrays[KERNEL])
        self.assertEqual(set(parsed(self.logits("w.h5", classes=9))[1]), {0.0})

    def test_checkpoints_of_another_network(self):
        self.weights("import", "--classes", CLASSES, "--out", "w.h5", npz=GOLDEN / "weights.npz")
        self.refuses("head.conv.bias: found shape [5], expected shape [7]", weights="w.h5", classes=7)
        self.refused("weights", "export", "--model", "R50x1", "--checkpoint", "w.h5", "--npz", "r.npz", code=4,
                     words=["root.conv.weight: found shape [8, 3, 7, 7], expected shape [64, 3, 7, 7]", "body.block4.unit03.conv3.weight: found nothing"])
        data = bytearray((self.folder / "w.h5").read_bytes())
        data[-1] ^= 1
        (self.folder / "w.h5").write_bytes(data)
        self.refuses("w.h5", weights="w.h5")

    def test_options(self):
        for arguments, word in ((("import", "--npz", "a", "--out", "b"), "--classes"), (("import", "--classes", 5, "--out", "b"), "--npz"),
                                (("import", "--classes", 5, "--npz", "a"), "--out"), (("export", "--npz", "a"), "--checkpoint"),
                                (("export", "--npz", "a", "--run", "xyz"), "64 hexadecimal digits"), (("convert",), "import")):
            with self.subTest(arguments):
                self.refused("weights", *arguments, "--model", "R50x1", words=[word])


if __name__ == "__main__":
    unittest.main()
