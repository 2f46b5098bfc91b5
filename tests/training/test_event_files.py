"""Callbacks that write event files, by a writer that cannot be copied."""

import json
import threading

import numpy as np
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import TensorBoard

from skgenomics import CNNClassifier
from skgenomics.testing import make_text

X, Y = make_text(24, 12), np.arange(24) % 2
TINY = {"n_filters": 4, "kernel_size": 3, "max_iter": 3, "random_state": 0}


class Writer:
    """Stand-in of torch's SummaryWriter: it holds a lock, and writes one line per event."""

    def __init__(self, folder):
        self.lock = threading.Lock()
        self.path = folder / f"events.{len(list(folder.iterdir()))}"
        self.path.write_text("")

    def add_scalar(self, tag, scalar_value, global_step=None, **kwargs):
        with self.lock, self.path.open("a") as file:
            file.write(json.dumps([tag, float(scalar_value), global_step]) + "\n")

    def close(self):
        pass


def read_events(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_instance_is_used_as_it_is(tmp_path):
    model = CNNClassifier(**TINY, callbacks=[TensorBoard(Writer(tmp_path))]).fit(X, Y)
    (path,) = tmp_path.iterdir()
    losses = [value for tag, value, _ in read_events(path) if tag == "Loss/train_loss"]
    assert np.allclose(losses, model.loss_curve_)


def test_a_factory_gives_each_fit_of_a_search_a_file_of_its_own(tmp_path):
    model = CNNClassifier(**TINY, callbacks=[lambda: TensorBoard(Writer(tmp_path))])
    GridSearchCV(model, {"learning_rate": [0.001, 0.01]}, cv=2).fit(X, Y)
    paths = list(tmp_path.iterdir())
    # Two folds of two candidates, and the fit of the best one to all samples.
    assert len(paths) == 5
    for path in paths:
        steps = [step for tag, _, step in read_events(path) if tag == "Loss/train_loss"]
        assert len(steps) == 3
