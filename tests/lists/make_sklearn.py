#!/usr/bin/env python3
"""Writes rules/lists/pickle/allowed/sklearn.txt from the scikit-learn that is installed.
usage: /usr/bin/python3 make_sklearn.py > rules/lists/pickle/allowed/sklearn.txt"""
import inspect

from listing import DATA, Listing, PLAIN, REBUILD, compiled, modules

# Hooks that were read: they check a version, fill __dict__, or allocate; they call nothing from the state.
AUDITED = {"BaseEstimator.__setstate__", "IsotonicRegression.__setstate__", "Bunch.__setstate__", "Bunch.__setattr__",
           "Bunch.__getattr__", "Kernel.__hash__", "Interval.__new__", "Hyperparameter.__new__"}
# Their functions compute from the arrays they are handed, and touch nothing else.
FUNCTION_MODULES = ("metrics._classification", "metrics._regression", "metrics._ranking", "metrics.cluster._supervised",
                    "metrics.cluster._unsupervised", "metrics.cluster._bicluster", "metrics.pairwise",
                    "feature_selection._univariate_selection", "feature_selection._mutual_info")
CYTHON = {"_loss._loss": "CyHalfSquaredError CyAbsoluteError CyPinballLoss CyHalfPoissonLoss CyHalfGammaLoss "
                         "CyHalfTweedieLoss CyHalfTweedieLossIdentity CyHalfBinomialLoss CyHalfMultinomialLoss "
                         "CyHuberLoss CyExponentialLoss",
          "tree._tree": "Tree",
          "linear_model._sgd_fast": "Log SquaredLoss ModifiedHuber Hinge SquaredHinge Huber EpsilonInsensitive "
                                    "SquaredEpsilonInsensitive"}
TREES = {"neighbors._kd_tree": ("KDTree", "KDTree32", "KDTree64"), "neighbors._ball_tree": ("BallTree", "BallTree32", "BallTree64")}
METRICS = ("Euclidean SEuclidean Manhattan Chebyshev Minkowski WMinkowski Mahalanobis Hamming Canberra BrayCurtis Jaccard "
           "Matching Dice Kulsinski RogersTanimoto RussellRao SokalMichener SokalSneath Haversine").split()


# Where modules lay before scikit-learn 0.22 (its deprecated_modules.py): old name, new name without its underscore.
BEFORE_0_22 = {
    "ensemble": "bagging base forest gradient_boosting=gb iforest voting voting_classifier=voting weight_boosting",
    "tree": "tree=classes", "neural_network": "rbm multilayer_perceptron",
    "cluster": "affinity_propagation_=affinity_propagation bicluster birch dbscan_=dbscan hierarchical=agglomerative k_means_=kmeans "
               "mean_shift_=mean_shift optics_=optics spectral",
    "mixture": "base gaussian_mixture bayesian_mixture",
    "covariance": "empirical_covariance_=empirical_covariance shrunk_covariance_=shrunk_covariance robust_covariance graph_lasso_=graph_lasso elliptic_envelope",
    "cross_decomposition": "cca_=pls pls_=pls", "svm": "base classes",
    "decomposition": "base dict_learning factor_analysis fastica_=fastica incremental_pca kernel_pca nmf online_lda=lda pca sparse_pca truncated_svd",
    "gaussian_process": "gpr gpc", "feature_extraction": "dict_vectorizer hashing=hash",
    "linear_model": "base bayes coordinate_descent huber least_angle logistic omp passive_aggressive perceptron ransac ridge sgd_fast "
                    "stochastic_gradient theil_sen",
    "metrics": "classification regression ranking scorer", "metrics.cluster": "bicluster supervised unsupervised",
    "neighbors": "ball_tree base classification dist_metrics graph kd_tree kde lof nca nearest_centroid regression unsupervised",
    "manifold": "isomap locally_linear mds spectral_embedding_=spectral_embedding t_sne", "semi_supervised": "label_propagation",
    "preprocessing": "data label", "feature_selection": "base from_model mutual_info rfe univariate_selection variance_threshold"}
# Classes of later versions: no hooks, as far as their sources were looked up (github scikit-learn/scikit-learn).
LATER = {
    "sklearn.model_selection._classification_threshold": "FixedThresholdClassifier TunedThresholdClassifierCV BaseThresholdClassifier _CurveScorer",
    "sklearn.preprocessing._target_encoder": "TargetEncoder", "sklearn.frozen._frozen": "FrozenEstimator",
    "sklearn.cluster._hdbscan.hdbscan": "HDBSCAN", "sklearn.metrics._scorer": "_Scorer _MultimetricScorer _PassthroughScorer _BaseScorer _CurveScorer",
    "sklearn.utils._metadata_requests": "MetadataRequest MethodMetadataRequest MetadataRouter MethodMapping MethodPair RouterMappingPair",
    "sklearn.compose._column_transformer": "_RemainderColsList", "sklearn._loss.loss": "ExponentialLoss HuberLoss HalfMultinomialLoss",
    "sklearn.decomposition._nmf": "_BaseNMF", "sklearn.linear_model._linear_loss": "LinearModelLoss",
    "sklearn.utils._tags": "Tags TargetTags TransformerTags ClassifierTags RegressorTags InputTags"}


def other_versions(out):
    for package, words in BEFORE_0_22.items():
        for word in words.split():
            old, _, new = word.partition("=")
            for (module, name), (ops, _note) in list(out.rows.items()):
                if module == f"sklearn.{package}._{new or old}":
                    out.add(f"sklearn.{package}.{old}", name, ops, "before 0.22")
    for module, names in LATER.items():
        out.add_all(module, names, PLAIN, "unverified: a later version")
    out.add_all("sklearn.compose._column_transformer", "_RemainderColsList.append _RemainderColsList.extend", "method", "unverified: a later version")
    out.add("sklearn.preprocessing.imputation", "Imputer", PLAIN, "unverified: before 0.22")
    out.add("sklearn.ensemble.gradient_boosting", "QuantileEstimator", PLAIN, "unverified: before 0.21")
    for name in "LeastSquaresError LeastAbsoluteError HuberLossFunction QuantileLossFunction BinomialDeviance MultinomialDeviance ExponentialLoss " \
                "LogOddsEstimator ScaledLogOddsEstimator PriorProbabilityEstimator MeanEstimator ZeroEstimator VerboseReporter".split():
        out.add("sklearn.ensemble.gradient_boosting", name, PLAIN, "unverified: before 0.21")


def cython(out):
    note = "allocates; calls nothing it is given"
    for module, names in CYTHON.items():
        compiled(out, "sklearn." + module, names, note)
    for module, names in TREES.items():
        for name in names:
            out.add("sklearn." + module, name, "import,call,new,build,argument", note)
            out.add("sklearn." + module, "newObj", REBUILD, "calls cls.__new__: reported by the machine")
    for name in METRICS:
        for size in ("", "32", "64"):
            for module in ("sklearn.metrics._dist_metrics", "sklearn.neighbors._dist_metrics"):
                out.add(module, name + "Distance" + size, "import,call,new,build,argument", note)
    for module in ("sklearn.metrics._dist_metrics", "sklearn.neighbors._dist_metrics"):
        out.add(module, "newObj", REBUILD, "calls cls.__new__: reported by the machine")
    # PyFuncDistance stands aside: it calls a function of the pickle's choice on every distance


def functions(out):
    import importlib
    for name in FUNCTION_MODULES:
        module = importlib.import_module("sklearn." + name)
        for word, f in sorted(vars(module).items()):
            if inspect.isfunction(f) and f.__module__ == module.__name__ and not word.startswith("_"):
                out.add(module.__name__, word, DATA, "a function as data")
    for module, word in (("sklearn.preprocessing._data", "scale"), ("sklearn.utils.extmath", "softmax"),
                         ("sklearn.metrics._scorer", "_passthrough_scorer"),
                         ("sklearn.cluster._kmeans", "_kmeans_single_lloyd"), ("sklearn.cluster._kmeans", "_kmeans_single_elkan")):
        out.add(module, word, DATA, "a function as data")


def main():
    out = Listing("sklearn", "make_sklearn.py")
    found = [m for m in modules("sklearn", skip=("sklearn.datasets", "sklearn.experimental", "sklearn.utils._mocking",
                                                 "sklearn.utils.fixes", "sklearn.utils._estimator_html_repr", "sklearn.tree._export",
                                                 "sklearn.tree._reingold_tilford", "sklearn.utils._pprint", "sklearn.utils.parallel",
                                                 "sklearn.utils.estimator_checks", "sklearn.utils._array_api"))]
    cython_files = {"sklearn." + m for m in list(CYTHON) + list(TREES)} | {"sklearn.metrics._dist_metrics"}
    plain = [m for m in found if str(getattr(m, "__file__", "")).endswith(".py") and m.__name__ not in cython_files]
    out.classes(plain, AUDITED)
    cython(out)
    functions(out)
    other_versions(out)
    out.write()


if __name__ == "__main__":
    main()
