"""One thread and no global seed: a shared machine punishes spinning OpenMP threads."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import torch

torch.set_num_threads(1)
