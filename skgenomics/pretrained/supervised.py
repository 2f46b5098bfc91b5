"""Published language models that are trained further, as a classifier and a regressor."""

from __future__ import annotations

from dataclasses import dataclass

from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._regressor import RegressorTargets
from skgenomics.pretrained._docstrings import documented
from skgenomics.pretrained._fine_tuning import FineTuning


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class PretrainedClassifier(ClassifierTargets, FineTuning):
    """Published DNA language model that is trained to classify sequences.

    Reads checkpoints of Hugging Face's transformers, as :class:`~skgenomics.PretrainedEmbedder`
    does. Needs transformers, and peft for adapters: ``pip install "skgenomics[lm]"``.

    Parameters
    ----------
    {published}
    {classifier}
    {optimization}

    Attributes
    ----------
    {fitted classifier}
    {fitted net}
    {fitted published}

    See Also
    --------
    PretrainedRegressor : The same model for real targets.
    PretrainedEmbedder : Vectors of the model as it is, for any other classifier.

    Notes
    -----
    A saved estimator holds all that predictions need: weights, configuration, tokenizer and labels.
    Of a checkpoint that runs code of its own it holds the Python files as well, which run when
    the estimator is loaded: :func:`skgenomics.load` refuses it until it is told to trust them.

    References
    ----------
    {references}

    Examples
    --------
    >>> import tempfile
    >>> from skgenomics.pretrained import PretrainedClassifier, make_checkpoint
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = ["TATA", "TATA", "none", "none"] * 8
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     make_checkpoint(folder)
    ...     classifier = PretrainedClassifier(
    ...         folder, base_learning_rate=0.001, learning_rate=0.01, random_state=0
    ...     ).fit(X, y)
    >>> classifier.predict(["CCGTATAAAGGA"])
    array(['TATA'], dtype='<U4')
    """

    def fit(self, X, y, sample_weight=None, groups=None):
        """Train the model, from the checkpoint on.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Text of shape (n,) or (n, 1), of any lengths; codes of shape (n, L); channels of shape
            (n, L * C), (n, L, C) or (n, C, L), of which the largest one of each position counts.
        y : array-like of shape (n,) or (n, n_tasks)
            Labels; or an indicator matrix of 0 and 1 with NaN where a label is missing.
        sample_weight : array-like of shape (n,), optional
            Weights of the sequences; a weight of zero equals removal.
        groups : array-like of shape (n,), optional
            Sequences of one group stay on one side of the split for early stopping.

        Returns
        -------
        self : object

        Raises
        ------
        ImportError
            If transformers or, for adapters, peft is not installed.
        ValueError
            If there is no such checkpoint, it is damaged, of another alphabet, or has code of its
            own that is not trusted; if X or y is empty or malformed, or a sequence has too many
            tokens; or if a hyper-parameter is out of range.
        """
        return self._fit(X, y, sample_weight, groups)

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train one more epoch, with a constant learning rate and no early stopping.

        The optimiser goes on where it was, but starts anew in an estimator that was loaded.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`.
        classes : array-like of shape (n_classes,), optional
            All the labels that will ever occur, if the first call does not hold them all.

        Returns
        -------
        self : object
        """
        if classes is not None and hasattr(self, "net_") and not self.multilabel_:
            self._check_same_classes(classes)
        return self._fit(X, y, sample_weight, one_epoch=True, classes=classes)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Of a table of numbers it sees no more than the letters that they stand for.
        tags.classifier_tags.poor_score = True
        return tags


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class PretrainedRegressor(RegressorTargets, FineTuning):
    """Published DNA language model that is trained to predict real numbers from sequences.

    Reads checkpoints of Hugging Face's transformers, as :class:`~skgenomics.PretrainedEmbedder`
    does. Needs transformers, and peft for adapters: ``pip install "skgenomics[lm]"``.

    Parameters
    ----------
    {published}
    {regressor}
    {optimization}

    Attributes
    ----------
    {fitted regressor}
    {fitted net}
    {fitted published}

    See Also
    --------
    PretrainedClassifier : The same model for labels.

    References
    ----------
    {references}

    Examples
    --------
    >>> import tempfile
    >>> from skgenomics.pretrained import PretrainedRegressor, make_checkpoint
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = [2.0, 1.8, 0.1, 0.0] * 8
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     make_checkpoint(folder)
    ...     regressor = PretrainedRegressor(folder, mode="head", max_iter=5).fit(X, y)
    >>> regressor.predict(X).shape
    (32,)
    """

    def fit(self, X, y, sample_weight=None, groups=None):
        """Train the model, from the checkpoint on.

        Parameters
        ----------
        X : text, uint8 codes or numeric channels
            Text of shape (n,) or (n, 1), of any lengths; codes of shape (n, L); channels of shape
            (n, L * C), (n, L, C) or (n, C, L), of which the largest one of each position counts.
        y : array-like of shape (n,) or (n, n_targets)
            Real targets; among several, NaN marks a missing one.
        sample_weight : array-like of shape (n,), optional
            Weights of the sequences; a weight of zero equals removal.
        groups : array-like of shape (n,), optional
            Sequences of one group stay on one side of the split for early stopping.

        Returns
        -------
        self : object

        Raises
        ------
        ImportError
            If transformers or, for adapters, peft is not installed.
        ValueError
            If there is no such checkpoint, it is damaged, of another alphabet, or has code of its
            own that is not trusted; if X or y is empty or malformed, or a sequence has too many
            tokens; or if a hyper-parameter is out of range.
        """
        return self._fit(X, y, sample_weight, groups)

    def partial_fit(self, X, y, sample_weight=None):
        """Train one more epoch, with a constant learning rate and no early stopping.

        The optimiser goes on where it was, but starts anew in an estimator that was loaded.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`.

        Returns
        -------
        self : object
        """
        return self._fit(X, y, sample_weight, one_epoch=True)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Of a table of numbers it sees no more than the letters that they stand for.
        tags.regressor_tags.poor_score = True
        return tags
