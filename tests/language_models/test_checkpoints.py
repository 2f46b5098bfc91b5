"""An interrupted training continues exactly where it stopped."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch
from small_language_models import quick, random_texts

from skgenomics.language_models import CausalLanguageModel, MaskedLanguageModel
from skgenomics.training import Checkpoint, Regularization
from skgenomics.training._checkpoints import read_checkpoint, write_checkpoint

X = random_texts(120, 24)
SETTINGS = {"max_iter": 4, "random_state": 0}


class Interruption(Exception):
    pass


def interrupt_after(n_batches):
    """Make a callback that interrupts training within an epoch."""
    from skorch.callbacks import Callback

    class Interrupter(Callback):
        n = 0

        def on_batch_end(self, net, training, **kwargs):
            self.n += training
            if self.n == n_batches:
                raise Interruption

    return Interrupter()


def file_in(folder):
    return folder / "training.pt"


def model_of(cls=MaskedLanguageModel, network="transformer", **settings):
    if isinstance(settings.get("checkpoint"), Path):
        settings["checkpoint"] = Checkpoint(settings["checkpoint"], every=3)
    return quick(cls, network, **(SETTINGS | settings))


def check_same_training(resumed, whole):
    ours, theirs = resumed.network_.state_dict(), whole.network_.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert resumed.loss_curve_ == whole.loss_curve_
    assert resumed.validation_loss_curve_ == whole.validation_loss_curve_
    assert resumed.n_iter_ == whole.n_iter_


# Eight batches in an epoch, seven with early stopping.
@pytest.mark.parametrize("n_batches", [2, 3, 8, 9, 13, 24, 32])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"schedule": "cosine", "optimizer": "sgd", "optimizer_params": {"momentum": 0.9}},
        {"early_stopping": True, "n_iter_no_change": 1, "tol": 0.5, "schedule": None},
        {
            "network": "rnn",
            "cls": CausalLanguageModel,
            "regularization": Regularization(max_norm=1.0),
        },
    ],
)
def test_resumed_weights_are_bitwise_those_of_an_uninterrupted_run(tmp_path, n_batches, settings):
    whole = model_of(**settings).fit(X)
    callbacks = [interrupt_after(n_batches)]
    try:
        model_of(**settings, checkpoint=tmp_path, callbacks=callbacks).fit(X)
    except Interruption:
        assert file_in(tmp_path).exists() == (n_batches > 3)
    check_same_training(model_of(**settings, checkpoint=tmp_path).fit(X), whole)
    assert [file.name for file in tmp_path.iterdir()] == ["training.pt"]


def test_a_genome_and_windows(tmp_path, fasta):
    for i, data in enumerate((fasta, X)):
        settings = {"network": "cnn", "window": 16, "epoch_size": 120}
        whole = model_of(**settings).fit(data)
        path = tmp_path / str(i)
        with pytest.raises(Interruption):
            model_of(**settings, checkpoint=path, callbacks=[interrupt_after(21)]).fit(data)
        check_same_training(model_of(**settings, checkpoint=path).fit(data), whole)


def test_interrupted_twice_and_without_a_seed(tmp_path):
    path = tmp_path
    unseeded = {"random_state": None, "early_stopping": True, "checkpoint": path}
    for n in (10, 7):
        with pytest.raises(Interruption):
            model_of(**unseeded, callbacks=[interrupt_after(n)]).fit(X)
    seed = read_checkpoint(file_in(path))["seed"]
    resumed = model_of(**unseeded).fit(X)

    class Fixed(np.random.RandomState):
        def randint(self, *args):
            return seed

    whole = model_of(random_state=Fixed(), early_stopping=True).fit(X)
    check_same_training(resumed, whole)


def test_a_finished_training_is_not_run_again(tmp_path):
    path = tmp_path
    whole = model_of(checkpoint=path).fit(X)
    written = file_in(path).stat().st_mtime_ns
    again = model_of(checkpoint=path, callbacks=[interrupt_after(1)]).fit(X)
    check_same_training(again, whole)
    np.testing.assert_array_equal(again.transform(X), whole.transform(X))
    assert file_in(path).stat().st_mtime_ns == written


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL")
def test_killed_process(tmp_path):
    """A killed process leaves a complete file, from which another one continues."""
    path = tmp_path
    # In separate processes: kernels of a long-running one may round differently. The process
    # that is killed is a fork of the other one, which has everything loaded.
    script = f"""
        import os, signal, sys, torch
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parents[1])!r})
        from skorch.callbacks import Callback
        from small_language_models import quick, random_texts
        from skgenomics.language_models import MaskedLanguageModel
        from skgenomics.training import Checkpoint
        from skgenomics.training._checkpoints import read_checkpoint

        class Killer(Callback):
            n = 0
            def on_batch_end(self, net, training, **kwargs):
                self.n += training
                if self.n == 14:
                    os.kill(os.getpid(), signal.SIGKILL)

        settings = dict(max_iter=4)
        kept = settings | dict(checkpoint=Checkpoint({str(path)!r}, every=3))

        def fit(**settings):
            return quick(MaskedLanguageModel, "transformer", **settings).fit(random_texts(120, 24))

        whole = fit(**settings)
        child = os.fork()
        if child == 0:
            fit(**kept, callbacks=[Killer()])
            os._exit(0)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        assert read_checkpoint(Path({str(path)!r}) / "training.pt")["n_batches"] == 12
        resumed = fit(**kept)
        ours, theirs = resumed.network_.state_dict(), whole.network_.state_dict()
        assert all((ours[name] == theirs[name]).all() for name in theirs)
        assert resumed.loss_curve_ == whole.loss_curve_
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True)


@pytest.mark.parametrize(
    ("settings", "data", "message"),
    [
        ({"learning_rate": 0.5}, X, "learning_rate was 0.003 and is 0.5 now"),
        ({"random_state": 1, "span": 2}, X, "random_state was 0 and is 1 now; span was 1"),
        ({}, X[:-1], r"X was uint8 of shape \(120, 24\), checksum \w{8} and is uint8 of shape"),
        ({}, [*X[1:], X[0]], "X was uint8"),
    ],
)
def test_checkpoint_of_another_training(tmp_path, settings, data, message):
    path = tmp_path
    model_of(max_iter=1, checkpoint=path).fit(X)
    with pytest.raises(ValueError, match=message):
        model_of(**({"max_iter": 1, "checkpoint": path} | settings)).fit(data)


def test_what_training_does_not_depend_on_may_change(tmp_path):
    path = tmp_path
    whole = model_of(max_iter=1, checkpoint=path).fit(X)
    free = {"pooling": "max", "n_passes": 2, "verbose": 0}
    check_same_training(model_of(max_iter=1, checkpoint=path, **free).fit(X), whole)


def test_a_genome_of_other_symbols(tmp_path):
    """The bases count, and not only the lengths of the chromosomes."""
    first, second = random_texts(2, 200)
    settings = {"network": "cnn", "window": 16, "epoch_size": 32, "max_iter": 1}
    path, genome = tmp_path / "kept", tmp_path / "genome.fa"
    for i, text in enumerate((first, second)):
        (tmp_path / f"{i}.fa").write_text(f">a\n{text[:120]}\n>b\n{text[120:]}\n")
    model_of(checkpoint=path, **settings).fit(tmp_path / "0.fa")
    with pytest.raises(ValueError, match=r"X was 2 stretches of 200 bases, checksum \w{8} and"):
        model_of(checkpoint=path, **settings).fit(tmp_path / "1.fa")
    genome.write_text((tmp_path / "0.fa").read_text())
    model_of(checkpoint=path, **settings).fit(genome)


def test_other_weights_to_start_from(tmp_path):
    source, other = (model_of(network="cnn", max_iter=1).fit(x) for x in (X, X[::-1]))
    settings = {"network": "cnn", "max_iter": 1, "checkpoint": tmp_path}
    whole = model_of(pretrained=source, **settings).fit(X)
    check_same_training(model_of(pretrained=source, **settings).fit(X), whole)
    with pytest.raises(ValueError, match="pretrained was a MaskedLanguageModel with weights of"):
        model_of(pretrained=other, **settings).fit(X)


def test_functions_are_known_again_in_another_process(tmp_path):
    def make_optimizer():
        def optimizer(weights, lr):
            return torch.optim.SGD(weights, lr=lr)

        return optimizer

    settings = {"network": "cnn", "max_iter": 1, "checkpoint": tmp_path}
    makers = [make_optimizer() for _ in range(2)]
    assert repr(makers[0]) != repr(makers[1])
    whole = model_of(optimizer=makers[0], **settings).fit(X)
    check_same_training(model_of(optimizer=makers[1], **settings).fit(X), whole)


def test_damaged_and_foreign_files(tmp_path):
    path = file_in(tmp_path)
    model_of(max_iter=1, checkpoint=tmp_path).fit(X)
    content = path.read_bytes()
    for damaged in (b"", b"something else", content[:10]):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="not a checkpoint of this version of skgenomics, or"):
            model_of(max_iter=1, checkpoint=tmp_path).fit(X)
    for damaged in (content[: len(content) // 2], content + b"\0"):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="is a damaged checkpoint: its content does not have"):
            model_of(max_iter=1, checkpoint=tmp_path).fit(X)
    torch.save({"weights": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match="not a checkpoint of this version"):
        model_of(max_iter=1, checkpoint=tmp_path).fit(X)


def test_every_changed_byte_is_noticed(tmp_path):
    path = file_in(tmp_path)
    model_of(max_iter=1, checkpoint=tmp_path).fit(X)
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for i in (*range(120), *rng.integers(len(content), size=300)):
        changed = bytearray(content)
        changed[i] ^= 1 << int(rng.integers(8))
        path.write_bytes(changed)
        with pytest.raises(ValueError, match=r"training\.pt is .*damaged"):
            read_checkpoint(path)


def test_a_failed_write_keeps_the_file_and_leaves_nothing_behind(tmp_path, monkeypatch):
    path = file_in(tmp_path)
    write_checkpoint(path, {"seed": 1})

    def fail(*args):
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_checkpoint(path, {"seed": 2})
    assert [file.name for file in tmp_path.iterdir()] == ["training.pt"]
    assert read_checkpoint(path) == {"seed": 1}


def test_where_no_checkpoint_can_be(tmp_path):
    file = tmp_path / "notes"
    file.touch()
    for folder in (file, tmp_path / "absent" / "training"):
        with pytest.raises(ValueError, match="must be a folder, or a new one in a folder that"):
            model_of(checkpoint=folder).fit(X)
    with pytest.raises(ValueError, match="checkpoint must be the path of a folder, got 5"):
        model_of(checkpoint=5).fit(X)
    with pytest.raises(ValueError, match="checkpoint records a training from its start"):
        model_of(checkpoint=tmp_path, warm_start=True).fit(X)
