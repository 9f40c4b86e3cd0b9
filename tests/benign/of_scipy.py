"""scipy: sparse matrices, frozen distributions, interpolators, trees, results."""
import numpy as np
from scipy import cluster, integrate, interpolate, optimize, signal, sparse, spatial, special, stats


def sparse_things():
    eye = sparse.eye(4, format="csr")
    for kind in "csr csc coo bsr dia dok lil".split():
        yield "sparse_" + kind, eye.asformat(kind)
        yield "sparse_array_" + kind, getattr(sparse, kind + "_array")(eye)


def distributions():
    for name, dist in sorted(vars(stats).items()):
        if isinstance(dist, (stats.rv_continuous, stats.rv_discrete)) and name != "gilbrat":
            shapes = [0.5] * dist.numargs
            yield "dist_" + name, dist
            try:
                yield "frozen_" + name, dist(*shapes, loc=1)
            except Exception:                     # other shapes are wanted; the family is there
                continue
    yield "frozen_multi", [stats.multivariate_normal([0, 0]), stats.dirichlet([1, 2]), stats.wishart(3, np.eye(2)), stats.multivariate_t([0, 1]),
                           stats.special_ortho_group(3), stats.ortho_group(3), stats.uniform_direction(3),
                           stats.matrix_normal(np.zeros((2, 2))), stats.invwishart(3, np.eye(2)), stats.unitary_group(3), stats.random_correlation([1, 1])]
    yield "histogram", stats.rv_histogram(np.histogram([1, 2, 3, 3]))
    yield "rv_values", stats.rv_discrete(values=([1, 2], [0.5, 0.5]))
    yield "kde", stats.gaussian_kde([1.0, 2, 3, 5])


def results():
    x = np.array([1.0, 2, 3, 4, 5])
    y = np.array([2.0, 1, 4, 3, 5])
    yield "results", [stats.ttest_ind(x, y), stats.pearsonr(x, y), stats.spearmanr(x, y), stats.linregress(x, y), stats.chisquare(x),
                      stats.ks_2samp(x, y), stats.f_oneway(x, y), stats.mannwhitneyu(x, y), stats.wilcoxon(x, y), stats.kendalltau(x, y),
                      stats.describe(x), stats.mode(x), stats.shapiro(x), stats.kruskal(x, y), stats.levene(x, y),
                      stats.theilslopes(x, y), stats.ttest_1samp(x, 2), stats.normaltest(np.arange(20.0))]
    yield "optimum", [optimize.minimize(lambda v: (v ** 2).sum(), [1.0, 2]), optimize.Bounds([0], [1]), optimize.LinearConstraint(np.eye(2), 0, 1),
                      optimize.linprog([1, 1], bounds=[(0, 1), (0, 1)]), optimize.root_scalar(lambda v: v - 1, bracket=[0, 2]),
                      optimize.curve_fit(lambda v, a: a * v, x, y)[0], optimize.least_squares(lambda v: v - 1, [2.0])]
    yield "ode", integrate.solve_ivp(lambda t, v: -v, (0, 1), [1.0], dense_output=True).y


def things():
    yield from sparse_things()
    yield from distributions()
    yield from results()
    x = np.arange(6.0)
    grid = np.outer(x, x)
    yield "interpolators", [interpolate.interp1d(x, x, kind=k) for k in ("linear", "cubic", "nearest", "previous", "next", "zero", "slinear", "quadratic")]
    yield "interp_fill", interpolate.interp1d(x, x, fill_value="extrapolate", bounds_error=False)
    yield "splines", [interpolate.CubicSpline(x, x), interpolate.UnivariateSpline(x, x), interpolate.InterpolatedUnivariateSpline(x, x),
                      interpolate.PchipInterpolator(x, x), interpolate.Akima1DInterpolator(x, x), interpolate.make_interp_spline(x, x),
                      interpolate.BarycentricInterpolator(x, x), interpolate.KroghInterpolator(x, x), interpolate.PPoly(np.ones((2, 1)), [0, 1]),
                      interpolate.BPoly(np.ones((2, 1)), [0, 1]), interpolate.splrep(x, x), interpolate.LSQUnivariateSpline(x, x, [2.5]),
                      interpolate.RectBivariateSpline(x, x, grid), interpolate.RegularGridInterpolator((x, x), grid),
                      interpolate.RBFInterpolator(x[:, None], x), interpolate.Rbf(x, x, x), interpolate.NearestNDInterpolator(np.c_[x, x ** 2], x),
                      interpolate.CubicHermiteSpline(x, x, x)]
    points = np.random.RandomState(0).rand(20, 2)
    yield "trees", [spatial.cKDTree(points), spatial.KDTree(points), spatial.transform.Rotation.from_euler("z", 1)]
    yield "rotations", [spatial.transform.Slerp([0, 1], spatial.transform.Rotation.random(2)), spatial.transform.RotationSpline([0, 1], spatial.transform.Rotation.random(2))]
    yield "metrics", [spatial.distance.euclidean, spatial.distance.cosine, spatial.distance.jensenshannon, spatial.distance.cityblock]
    yield "signal", [signal.lti([1], [1, 2]), signal.dlti([1], [1, 2]), signal.StateSpace(1, 1, 1, 0), signal.ZerosPolesGain([1], [2], 3), signal.CZT(5), signal.butter(3, 0.2)]
    yield "linkage", [cluster.hierarchy.linkage(points), cluster.hierarchy.to_tree(cluster.hierarchy.linkage(points))]
    yield "ufuncs", [special.expit, special.logit, special.gammaln, special.erf, special.softmax, special.logsumexp, special.xlogy, special.inv_boxcox]
    yield "functions", [stats.pearsonr, stats.ks_2samp, stats.gmean, stats.zscore, stats.entropy, stats.mode]
    yield "operator", sparse.linalg.aslinearoperator(np.eye(2))
