"""One thread unless OMP_NUM_THREADS says otherwise: a shared machine punishes spinning threads."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import torch

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
