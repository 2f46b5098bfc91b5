"""Fine-tuned pretrained language models: a classifier and a regressor."""

from __future__ import annotations

from dataclasses import dataclass

from skgenomics.estimators._classifier import ClassifierTargets
from skgenomics.estimators._regressor import RegressorTargets
from skgenomics.pretrained._docstrings import documented
from skgenomics.pretrained._fine_tuning import BaseFineTunedModel


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class PretrainedClassifier(ClassifierTargets, BaseFineTunedModel):
    """Pretrained DNA language model fine-tuned to classify sequences.

    The same checkpoints are supported as by :class:`~skgenomics.PretrainedEmbedder`. Needs
    transformers, and peft for adapters: ``pip install "skgenomics[lm]"``.

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
    PretrainedRegressor : Fine-tuned model for real targets.
    PretrainedEmbedder : Embeddings of the model without fine-tuning, for any other classifier.

    Notes
    -----
    A saved estimator holds all that predictions need: parameters, configuration, tokenizer and
    labels. For a checkpoint that runs its own code it holds the Python files as well, which run
    when the estimator is loaded: :func:`skgenomics.load` refuses it unless it is told to trust
    them.

    References
    ----------
    {references}

    Examples
    --------
    >>> import tempfile
    >>> from skgenomics.pretrained import PretrainedClassifier
    >>> from skgenomics.testing import make_checkpoint
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

    def fit(
        self, X, y, sample_weight=None, groups=None, validation_data=None, X_val=None, y_val=None
    ):
        """Fine-tune the model.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences of any length as text; codes of shape (n_samples, length), uint8; or channels
            of shape (n_samples, length * n_channels), (n_samples, length, n_channels) or
            (n_samples, n_channels, length), of which the largest one of each position is used.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels, or an indicator matrix of 0 and 1 with NaN for missing labels.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights; a weight of zero equals removal.
        groups : array-like of shape (n_samples,) or None, default=None
            Groups that are not split between training and early stopping.
        validation_data : tuple (X_val, y_val) or (X_val, y_val, sample_weight), default=None
            Samples to validate on for early stopping, instead of a part of X.
        X_val, y_val : array-like, default=None
            The same samples, for a pipeline with ``transform_input=["X_val"]``.

        Returns
        -------
        self : object
            The fitted model.

        Raises
        ------
        ImportError
            If transformers or, for adapters, peft is not installed.
        ValueError
            If the checkpoint does not exist, is damaged, has another alphabet or code that is not
            trusted; if X or y is empty or malformed, or a sequence has too many tokens; or if a
            hyperparameter is out of range.
        """
        return self._fit(X, y, sample_weight, groups, validation=(validation_data, X_val, y_val))

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train one more epoch, with a constant learning rate and no early stopping.

        The state of the optimizer is kept between calls, but it is re-initialized after the
        estimator was loaded.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences as in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_tasks)
            Labels as in :meth:`fit`.
        classes : array-like of shape (n_classes,) or None, default=None
            All labels that will occur in any call, if the first call does not hold them all.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights.

        Returns
        -------
        self : object
            The fitted model.
        """
        if classes is not None and self.__sklearn_is_fitted__() and not self.multilabel_:
            self._check_same_classes(classes)
        return self._fit(X, y, sample_weight, one_epoch=True, classes=classes)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # A numeric table is reduced to the symbol of the largest channel of each position.
        tags.classifier_tags.poor_score = True
        return tags


@documented
@dataclass(kw_only=True, eq=False, repr=False)
class PretrainedRegressor(RegressorTargets, BaseFineTunedModel):
    """Pretrained DNA language model fine-tuned to predict real targets from sequences.

    The same checkpoints are supported as by :class:`~skgenomics.PretrainedEmbedder`. Needs
    transformers, and peft for adapters: ``pip install "skgenomics[lm]"``.

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
    PretrainedClassifier : Fine-tuned model for class labels.

    References
    ----------
    {references}

    Examples
    --------
    >>> import tempfile
    >>> from skgenomics.pretrained import PretrainedRegressor
    >>> from skgenomics.testing import make_checkpoint
    >>> X = ["ACGTTATAAAGC", "GGCTATAAATCC", "ACGTTGCAACGC", "GGCTCCAGATCC"] * 8
    >>> y = [2.0, 1.8, 0.1, 0.0] * 8
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     make_checkpoint(folder)
    ...     regressor = PretrainedRegressor(folder, mode="head", max_iter=5).fit(X, y)
    >>> regressor.predict(X).shape
    (32,)
    """

    def fit(
        self, X, y, sample_weight=None, groups=None, validation_data=None, X_val=None, y_val=None
    ):
        """Fine-tune the model.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences of any length as text; codes of shape (n_samples, length), uint8; or channels
            of shape (n_samples, length * n_channels), (n_samples, length, n_channels) or
            (n_samples, n_channels, length), of which the largest one of each position is used.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Real targets, with NaN for missing ones among several.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights; a weight of zero equals removal.
        groups : array-like of shape (n_samples,) or None, default=None
            Groups that are not split between training and early stopping.
        validation_data : tuple (X_val, y_val) or (X_val, y_val, sample_weight), default=None
            Samples to validate on for early stopping, instead of a part of X.
        X_val, y_val : array-like, default=None
            The same samples, for a pipeline with ``transform_input=["X_val"]``.

        Returns
        -------
        self : object
            The fitted model.

        Raises
        ------
        ImportError
            If transformers or, for adapters, peft is not installed.
        ValueError
            If the checkpoint does not exist, is damaged, has another alphabet or code that is not
            trusted; if X or y is empty or malformed, or a sequence has too many tokens; or if a
            hyperparameter is out of range.
        """
        return self._fit(X, y, sample_weight, groups, validation=(validation_data, X_val, y_val))

    def partial_fit(self, X, y, sample_weight=None):
        """Train one more epoch, with a constant learning rate and no early stopping.

        The state of the optimizer is kept between calls, but it is re-initialized after the
        estimator was loaded.

        Parameters
        ----------
        X : array-like of shape (n_samples,) or (n_samples, ...)
            Sequences as in :meth:`fit`.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Real targets as in :meth:`fit`.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Sample weights.

        Returns
        -------
        self : object
            The fitted model.
        """
        return self._fit(X, y, sample_weight, one_epoch=True)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # A numeric table is reduced to the symbol of the largest channel of each position.
        tags.regressor_tags.poor_score = True
        return tags
