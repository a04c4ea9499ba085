#!/usr/bin/env python3
"""What PyTorch's DataLoader with Pillow does per second with the files of a folder, as JSON on stdout.

    torch_dataloader.py FOLDER --make PHOTO     writes 48 JPEGs of 500 x 375, about 110 KB each (ImageNet's mean), and ends
    torch_dataloader.py FOLDER [--workers N] [--seconds S]

Decode, RandomResizedCrop(224), RandomHorizontalFlip, ToTensor, Normalize, batches of 64; --workers 0 is the loop in the
main process, on one core. Files are read once before the clock starts.
"""
import argparse
import json
import pathlib
import time


def make(folder, photo):
    """Crops of a photograph, enlarged a little and grained, so that a file costs what an ImageNet file costs."""
    import numpy as np
    from PIL import Image
    folder.mkdir(parents=True, exist_ok=True)
    source = Image.open(photo).convert("RGB")
    random = np.random.RandomState(1)
    for number in range(48):
        x, y = random.randint(0, 100), random.randint(0, 80)
        crop = source.crop((x, y, x + 400, y + 300)).resize((500, 375), Image.BICUBIC)
        grain = np.clip(np.asarray(crop) + random.normal(0, 7, (375, 500, 1)), 0, 255).astype(np.uint8)
        Image.fromarray(grain).save(folder / f"{number:02}.jpg", quality=95)


def measure(folder, workers, seconds):
    import torch
    import torchvision
    import PIL
    from PIL import Image
    from torchvision import transforms as T
    torch.set_num_threads(1)

    class Pictures(torch.utils.data.Dataset):
        """The folder's files, over and over."""
        files = sorted(folder.glob("*.jpg"))
        change = T.Compose([T.RandomResizedCrop(224), T.RandomHorizontalFlip(), T.ToTensor(),
                            T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])

        def __len__(self):
            return 1 << 30

        def __getitem__(self, index):
            with open(self.files[index % len(self.files)], "rb") as stream:
                return self.change(Image.open(stream).convert("RGB")), 0

    loader = torch.utils.data.DataLoader(Pictures(), batch_size=64, num_workers=workers)
    batches = iter(loader)
    next(batches)
    start, count = time.monotonic(), 0
    while time.monotonic() - start < seconds:
        next(batches)
        count += 64
    sizes = [file.stat().st_size for file in Pictures.files]
    return {"images_per_second": count / (time.monotonic() - start), "workers": workers, "torch": torch.__version__,
            "torchvision": torchvision.__version__, "pillow": PIL.__version__, "files": len(sizes),
            "mean_bytes": sum(sizes) / len(sizes)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--make", metavar="PHOTO", type=pathlib.Path)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    if options.make:
        make(options.folder, options.make)
    else:
        print(json.dumps(measure(options.folder, options.workers, options.seconds)))
