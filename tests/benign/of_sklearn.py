"""scikit-learn: every estimator, fitted on a toy data set; pipelines, searches, transformers."""
import inspect

import numpy as np
from sklearn import (compose, datasets, ensemble, feature_extraction, feature_selection, gaussian_process, impute, linear_model, metrics,
                     model_selection, multiclass, multioutput, neighbors, pipeline, preprocessing, svm, tree)
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
from sklearn.utils import all_estimators

X, Y = datasets.load_iris(return_X_y=True)
X, Y = X[::3], Y[::3]
NEEDS = {"estimator": linear_model.LogisticRegression(), "estimators": [("a", linear_model.LogisticRegression()), ("b", tree.DecisionTreeClassifier())],
         "base_estimator": linear_model.LogisticRegression(), "transformers": [("s", preprocessing.StandardScaler(), [0, 1]), ("p", "passthrough", [2])],
         "steps": [("s", preprocessing.StandardScaler()), ("c", linear_model.LogisticRegression())],
         "transformer_list": [("s", preprocessing.StandardScaler())], "param_grid": {"C": [0.1, 1]}, "param_distributions": {"C": [0.1, 1]},
         "dictionary": np.eye(4)}


def made(name, cls):
    """An instance, with what its constructor insists on."""
    wanted = [p for p in inspect.signature(cls.__init__).parameters.values() if p.default is p.empty and p.name in NEEDS]
    args = {p.name: NEEDS[p.name] for p in wanted}
    if "estimator" in args and "Regressor" in name or name in ("RegressorChain", "MultiOutputRegressor"):
        args["estimator" if name != "RegressorChain" else "base_estimator"] = linear_model.Ridge()
    if name in ("StackingRegressor", "VotingRegressor"):
        args["estimators"] = [("a", linear_model.Ridge()), ("b", tree.DecisionTreeRegressor())]
    if name in ("SelectKBest", "GaussianRandomProjection", "SparseRandomProjection"):
        args["k" if name == "SelectKBest" else "n_components"] = 2
    return cls(**args)


def fitted(name, estimator):
    """Fitted on what it takes: classes, numbers, many outputs, counts, texts."""
    tries = ((X, Y), (X, Y.astype(float)), (X, np.c_[Y, Y]), (np.abs(X), Y + 1.0), (X[:, 0], Y), (["aa bb", "bb cc", "cc dd"], None), (X[:, 0], X[:, 1]),
             ([{"a": 1}, {"b": 2}], None), (X, X[:, :2]), (Y, None), ([["a"], ["b"]], None), (np.cov(X.T), None), (X @ X.T, None), (X.reshape(-1, 2, 2), None))
    for x, y in tries:
        try:
            return estimator.fit(x, y) if y is not None else estimator.fit(x)
        except Exception:
            continue
    print("not fitted:", name)
    return estimator


def estimators():
    for name, cls in all_estimators():
        try:
            yield "est_" + name, fitted(name, made(name, cls))
        except Exception as why:
            print(f"not made: {name}: {why!r}"[:200])


def compositions():
    scaler, model = preprocessing.StandardScaler(), linear_model.LogisticRegression()
    pipe = pipeline.Pipeline([("s", scaler), ("c", model)])
    yield "pipeline", lambda: pipe.fit(X, Y)
    from scipy import stats
    yield "grid", lambda: model_selection.GridSearchCV(pipe, {"c__C": [0.1, 1]}, scoring="accuracy", cv=3).fit(X, Y)
    yield "random", lambda: model_selection.RandomizedSearchCV(model, {"C": stats.loguniform(0.1, 1), "tol": stats.uniform(0.001, 0.1), "max_iter": stats.randint(50, 100)},
                                                       n_iter=2, cv=model_selection.StratifiedKFold(3), random_state=0).fit(X, Y)
    yield "halving", lambda: model_selection.HalvingGridSearchCV(model, {"C": [0.1, 1]}, cv=3).fit(X, Y)
    yield "columns", lambda: compose.ColumnTransformer([("n", preprocessing.MinMaxScaler(), [0, 1]), ("b", preprocessing.KBinsDiscretizer(3, encode="onehot"), slice(2, 4)),
                                                ("l", preprocessing.FunctionTransformer(np.log1p), [0]), ("d", "drop", [1])],
                                               remainder="passthrough", sparse_threshold=0.5).fit(X, Y)
    yield "selected", lambda: compose.ColumnTransformer([("n", preprocessing.RobustScaler(), compose.make_column_selector(dtype_include=float))]).fit(
        __import__("pandas").DataFrame(X, columns=list("abcd")), Y)
    yield "union", lambda: pipeline.FeatureUnion([("p", preprocessing.PolynomialFeatures(2)), ("q", preprocessing.QuantileTransformer(n_quantiles=5))]).fit(X)
    yield "functions", lambda: preprocessing.FunctionTransformer(np.log1p, inverse_func=np.expm1).fit(X)
    yield "vectorizer", lambda: pipeline.make_pipeline(feature_extraction.text.TfidfVectorizer(ngram_range=(1, 2)), linear_model.SGDClassifier()).fit(["aa bb", "cc dd", "aa cc"], [0, 1, 0])
    yield "counts", lambda: feature_extraction.text.CountVectorizer(tokenizer=str.split, stop_words="english").fit(["house tree", "tree river"])
    yield "best", lambda: [feature_selection.SelectKBest(s, k=2).fit(X, Y) for s in (feature_selection.f_classif, feature_selection.chi2, feature_selection.mutual_info_classif, feature_selection.f_regression)]
    yield "rfe", lambda: feature_selection.RFECV(svm.SVC(kernel="linear"), cv=3).fit(X, Y)
    k = gaussian_process.kernels
    yield "gp", lambda: gaussian_process.GaussianProcessRegressor(k.ConstantKernel() * k.RBF() + k.WhiteKernel() + k.Matern() + k.RationalQuadratic() * k.ExpSineSquared() + k.DotProduct() ** 2).fit(X[:9], Y[:9])
    yield "svms", lambda: [svm.SVC(kernel=s, probability=True).fit(X, Y) for s in ("linear", "rbf", "poly", "sigmoid")] + [svm.SVC(kernel=metrics.pairwise.chi2_kernel).fit(X, Y)]
    for metric in ("euclidean", "manhattan", "chebyshev", "minkowski", "canberra", "braycurtis", "hamming"):
        yield "knn_" + metric, lambda metric=metric: [neighbors.KNeighborsClassifier(metric=metric, algorithm=a).fit(X, Y) for a in ("ball_tree", "brute")]
    yield "knn_kd", lambda: [neighbors.KNeighborsClassifier(algorithm="kd_tree", weights="distance").fit(X, Y), neighbors.KDTree(X), neighbors.BallTree(X), neighbors.KernelDensity().fit(X)]
    yield "distances", lambda: [metrics.DistanceMetric.get_metric(m) for m in ("euclidean", "manhattan", "haversine", "chebyshev", "jaccard")]
    yield "losses", lambda: [linear_model.SGDClassifier(loss=s).fit(X, Y) for s in ("hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron", "squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive")]
    yield "boosts", lambda: [ensemble.GradientBoostingClassifier(n_estimators=3, init=s).fit(X, Y) for s in (None, "zero")] + [
        ensemble.GradientBoostingRegressor(n_estimators=3, loss=s).fit(X, Y) for s in ("squared_error", "absolute_error", "huber", "quantile")]
    yield "hist", lambda: [ensemble.HistGradientBoostingRegressor(max_iter=3, loss=s).fit(X, Y + 1) for s in ("squared_error", "absolute_error", "poisson")] + [
        ensemble.HistGradientBoostingRegressor(max_iter=3, loss="quantile", quantile=0.5).fit(X, Y), ensemble.HistGradientBoostingClassifier(max_iter=3, early_stopping=True).fit(X, Y > 0)]
    yield "forest_random", lambda: [ensemble.RandomForestClassifier(5, random_state=np.random.RandomState(1), oob_score=True, warm_start=True).fit(X, Y), ensemble.ExtraTreesRegressor(3).fit(X, Y)]
    yield "adaboost", lambda: [ensemble.AdaBoostClassifier(tree.DecisionTreeClassifier(max_depth=1), n_estimators=3).fit(X, Y), ensemble.BaggingClassifier(svm.SVC(), 3).fit(X, Y)]
    yield "voting", lambda: ensemble.VotingClassifier([("a", svm.SVC(probability=True)), ("b", tree.DecisionTreeClassifier())], voting="soft").fit(X, Y)
    yield "stacking", lambda: ensemble.StackingClassifier([("a", svm.SVC()), ("b", neighbors.KNeighborsClassifier())], linear_model.LogisticRegression(), cv=3).fit(X, Y)
    yield "multi", lambda: [multiclass.OneVsRestClassifier(svm.LinearSVC()).fit(X, Y), multiclass.OneVsOneClassifier(svm.LinearSVC()).fit(X, Y),
                    multiclass.OutputCodeClassifier(svm.LinearSVC()).fit(X, Y), multioutput.MultiOutputClassifier(tree.DecisionTreeClassifier()).fit(X, np.c_[Y, Y]),
                    multioutput.ClassifierChain(linear_model.LogisticRegression()).fit(X, np.c_[Y > 0, Y > 1])]
    yield "imputers", lambda: [impute.SimpleImputer(strategy=s, add_indicator=True).fit(X) for s in ("mean", "median", "most_frequent", "constant")] + [
        impute.KNNImputer().fit(X), impute.IterativeImputer().fit(X)]
    yield "encoders", lambda: [preprocessing.OneHotEncoder(handle_unknown="ignore").fit([["a", 1], ["b", 2]]), preprocessing.OrdinalEncoder().fit([["a"], ["b"]]),
                       preprocessing.LabelEncoder().fit(["a", "b"]), preprocessing.LabelBinarizer().fit(["a", "b"]), preprocessing.MultiLabelBinarizer().fit([["a"], ["b"]])]
    yield "scorers", lambda: [metrics.make_scorer(metrics.f1_score, average="macro"), metrics.make_scorer(metrics.mean_squared_error, greater_is_better=False),
                      metrics.get_scorer("roc_auc"), metrics.get_scorer("neg_log_loss"), metrics.get_scorer("average_precision")]
    yield "splitters", lambda: [model_selection.KFold(), model_selection.GroupKFold(), model_selection.TimeSeriesSplit(), model_selection.ShuffleSplit(), model_selection.RepeatedKFold(),
                        model_selection.LeaveOneOut(), model_selection.PredefinedSplit([0, 1]), model_selection.StratifiedShuffleSplit()]
    yield "bunch", lambda: datasets.load_iris()
    yield "set_output", lambda: preprocessing.StandardScaler().set_output(transform="pandas").fit(X)
    yield "target", lambda: compose.TransformedTargetRegressor(linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1).fit(X, Y + 1)
    yield "display", lambda: metrics.ConfusionMatrixDisplay(np.eye(2))
    yield "results", lambda: model_selection.cross_validate(model, X, Y, cv=3, return_estimator=True)


def things():
    yield from estimators()
    yield from compositions()
