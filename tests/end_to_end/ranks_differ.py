#!/usr/bin/env python3
"""Ranks that are not alike are refused before any run with exit code 2, a message that names the rank, and nothing recorded:
another program, other switches, another number of ranks than asked for, more ranks than cores.

    ranks_differ.py TRANSFERSCALE PRINT_RECORDS
"""
import os
import shutil

from campaign import Campaign, expect, main, processes_of

CELLS = ["tuberculosis/R50x1/S-MED"]


def launcher(folder, name, odd):
    """mpirun with a script in between that treats rank 1 in its own way; `odd` is shell, "$@" the worker's words."""
    script = folder / f"{name}.sh"
    script.write_text(f'if [ "$OMPI_COMM_WORLD_RANK" = 1 ]; then {odd}; fi\nexec "$@"\n')
    return f"mpirun -np {{ranks}} --bind-to none sh {script}"


def refuse(campaign, options, words):
    code, running = campaign.run(jobs=1, options=["--reduction", "fast", *options])
    expect(code == 2, f"exit code {code}, expected 2: {running.messages()}")
    for word in words:
        expect(word in running.messages(), f"'{word}' is not in the message: {running.messages()}")
    expect(not campaign.records(), f"something was recorded: {campaign.records()}")
    expect(not processes_of(campaign.store), "processes are left")
    print(f"refused: {', '.join(words)}", flush=True)


def body(arguments, folder):
    campaign = Campaign(arguments, folder / "differ", CELLS)
    worker = os.path.join(os.path.dirname(arguments.program), "transferscale-worker")
    other = folder / "other" / "transferscale-worker"
    other.parent.mkdir()
    shutil.copy2(worker, other)
    with open(other, "ab") as file: # a loader does not mind bytes after the end
        file.write(b"\0")
    try:
        refuse(campaign, ["--ranks", "2", "--launcher", launcher(folder, "program", f'shift; exec {other} "$@"')],
               ["error[E200] rank 1 on ", ", program: found ", " as on rank 0"])
        refuse(campaign, ["--ranks", "2", "--launcher", launcher(folder, "switch", "export MKL_CBWR=AVX2,STRICT")],
               ["error[E200] rank 1 on ", "MKL_CBWR: found AVX2,STRICT, expected nothing as on rank 0"])
        refuse(campaign, ["--ranks", "2", "--launcher", "mpirun -np 1 env RANKS={ranks}"],
               ["ranks: found 1 that were started, expected 2"])
        many = str((os.cpu_count() or 1) + 1)
        refuse(campaign, ["--ranks", many], [f"found {many} ranks at a time", "--oversubscribe"])
        refuse(campaign, ["--ranks", "2", "--launcher", "mpirun -np 2"], ["--launcher: found 'mpirun -np 2'", "{ranks}"])
    finally:
        campaign.kill_leftovers()


if __name__ == "__main__":
    main(body, __doc__)
