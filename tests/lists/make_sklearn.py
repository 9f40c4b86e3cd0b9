#!/usr/bin/env python3
"""Writes rules/lists/pickle/allowed/sklearn.txt from the scikit-learn that is installed.
usage: /usr/bin/python3 make_sklearn.py > rules/lists/pickle/allowed/sklearn.txt"""
import inspect

from listing import DATA, Listing, REBUILD, compiled, modules

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
    out.write()


if __name__ == "__main__":
    main()
