# %% [markdown]
# # A sweep: many trainings at once, on one machine or on many
#
# Which learning rate is best, and is the difference larger than that between two seeds? Such
# questions take many trainings that do not depend on each other. A queue hands them out: each core,
# or each machine, trains one of them, and takes the next when it is done. The queue here is Ray's.
# You will see a table of trials that fills while they train, then a figure: a row of points for
# each setting, one for each seed.
#
#     pip install -e ".[cluster]"
#     python 09_several_machines/1_sweep.py
#
# A trial is the numbered script as it stands, with its block edited as you edit it, in a copy of
# the project of its own: `models/` is not touched. A sweep that is stopped or killed goes on with
# what is missing when it is started again.
#
# Source: Moritz et al. (2018), [Ray: a distributed framework for emerging AI applications](
# https://arxiv.org/abs/1712.05889).

# %%
from cnn_practice import errors, files, hyperparameters, results
from cnn_practice.errors import InputError

import remote
import sweeping

# %% [markdown]
# ## Hyperparameters

# %%
NAME = "sweep_linear"  # file name; of the folder in sweeps/ and of the figure
SCRIPT = "02_linear/1_train_linear.py"  # file; any numbered script that trains
# dictionary of lists; names of that script's block, and the values that are tried of each
VARIATIONS = {"EPOCHS": [5], "LEARNING_RATE": [1e-4, 1e-3, 1e-2], "SEED": [1, 2, 3]}
CORES = 1  # whole number, at least 1; that a trial gets
MEMORY = 1.5  # number, above 0; GB that a trial gets
GPUS = 0  # number, at least 0; that a trial gets
RETRIES = 2  # whole number, at least 0; of a trial whose process or machine dies
ADDRESS = None  # text or None; None: this machine; "auto" or "ray://<host>:10001": a cluster

hyperparameters.check()

# %% [markdown]
# ## The trials
# One for each combination of the values. SEED stands among them on purpose: a difference between
# two settings means something if it is larger than the spread between the seeds of one. Trials of
# an earlier sweep with the same script and setting are done already.

# %%
source = sweeping.read_script(SCRIPT)
trials = sweeping.trials(NAME, source, VARIATIONS)
to_do = [trial for trial in trials if trial.state != "done"]
print(f"{SCRIPT}: {len(trials)} trials, {len(to_do)} to do")

# %% [markdown]
# ## The queue
# Ray starts as many trials as there are free cores, on all machines of the cluster. What they need
# travels with them: the project without its large files, the edited script and, of a trial that was
# interrupted, its checkpoint. Back come the lines it prints and, after each epoch, its checkpoint;
# that is why a trial can go on on another machine. A script without checkpoints begins anew.

# %%
errors.say_when_interrupted("Stopped: the same command goes on with the trials that are missing.")
if to_do:
    ray = remote.connect(ADDRESS)
    need = remote.needs(CORES, MEMORY, GPUS)
    remote.require_room(ray, 1, need)
    tasks = remote.Tasks(ray, need)
    for trial in to_do:
        tasks.submit(trial.label, SCRIPT, trial.text, trial.checkpoints())

# %% [markdown]
# ## Following them
# A trial whose process or machine dies is *lost*, and tried again. One that ends with an error has
# *failed*: it would fail again, so its last line is shown and the others go on.

# %%
table = sweeping.Table(trials)
of_label = {trial.label: trial for trial in trials}
for label, event in tasks.events() if to_do else ():
    trial = of_label[label]
    if trial.take(event):
        table.show(trial)
    if trial.state == "lost" and trial.times_lost <= RETRIES:
        trial.state = "waiting"
        tasks.submit(label, SCRIPT, trial.text, trial.checkpoints())

# %% [markdown]
# ## Choosing
# On the validation images, by the mean over the seeds. The test accuracy of the setting that is
# chosen was measured by its own runs, and chooses nothing.

# %%
varied = [name for name, values in VARIATIONS.items() if len(values) > 1 and name != "SEED"]
groups = sweeping.summary(trials)
missing = [trial.label for trial in trials if trial.state != "done"]
if not groups:
    raise InputError(f"No trial has a validation accuracy: {trials[0].note or 'see the table'}.")
files.write_json(
    sweeping.SWEEPS / NAME / "results.json",
    {"script": SCRIPT, "variations": VARIATIONS, "settings": groups, "missing": missing}
    | {"trials": [trial.result for trial in trials if trial.result]}
    | results.environment(),
)
print(f"results and trained models: {files.shown(sweeping.SWEEPS / NAME)}/")
sweeping.draw(groups, varied, NAME, f"Sweep of {SCRIPT}")

best = groups[0]
print(
    f"{NAME}: best is {sweeping.label(best, varied)}, validation accuracy"
    f" {sweeping.shown(best['val_accuracies'])}, test accuracy"
    f" {sweeping.shown(best['test_accuracies'])}, {len(missing)} of {len(trials)} trials missing"
)

# %% [markdown]
# **What you saw.** As many trials trained at once as there are free cores; each core took the next
# trial when it was done. Where the points of two settings overlap, one seed could have chosen the
# wrong one.
#
# **Try.**
# - `VARIATIONS` with a fourth SEED, after a sweep is done: only what is new is trained. Press
#   Ctrl+C meanwhile and start again: look at what is «done» in the first table.
# - `SCRIPT = "06_cifar10/6_train_minivgg.py"` and `VARIATIONS = {"BATCH_NORMALISATION": [True,
#   False], "EPOCHS": [10], "SEED": [1, 2, 3]}`: an ablation for a night, or for a cluster.
#
# **Next.** `2_data_parallel.py`: one network on several machines.
