#!/usr/bin/env python3
"""Writes rules/lists/pickle/allowed/scipy.txt from the scipy that is installed.
usage: /usr/bin/python3 make_scipy.py > rules/lists/pickle/allowed/scipy.txt"""
import importlib
import inspect

import numpy

from listing import CLASS, DATA, Listing, PLAIN, modules

# Hooks that were read: attribute names, arrays and numbers only.
AUDITED = {"spmatrix.__getattr__", "OptimizeResult.__getattr__", "OptimizeResult.__setattr__", "_RichResult.__getattr__",
           "MetricInfo.__setattr__", "MetricInfo.__hash__", "LinearTimeInvariant.__new__", "lti.__new__", "dlti.__new__",
           "TransferFunction.__new__", "ZerosPolesGain.__new__", "StateSpace.__new__", "LinearOperator.__new__",
           "CDistMetricWrapper.__hash__", "CDistMetricWrapper.__setattr__", "PDistMetricWrapper.__hash__",
           "PDistMetricWrapper.__setattr__", "CDistWeightedMetricWrapper.__hash__", "CDistWeightedMetricWrapper.__setattr__",
           "PDistWeightedMetricWrapper.__hash__", "PDistWeightedMetricWrapper.__setattr__", "Vertex.__hash__",
           "rv_discrete.__new__", "cKDTree.__new__", "cKDTree.__setstate__",
           # its state holds Python text that it runs: the machine reports that text, a rule judges it (formula.txt)
           "rv_generic.__setstate__",
           # closes the library's own handle; what lies in the state is not used
           "_QhullUser.__del__"}
# compiled: arrays in, arrays out
COMPILED = {"scipy.spatial._ckdtree": "cKDTree", "scipy.spatial.ckdtree": "cKDTree", "scipy.spatial._kdtree": "KDTree KDTree.node KDTree.innernode KDTree.leafnode",
            "scipy.spatial.kdtree": "KDTree", "scipy.spatial.transform._rotation": "Rotation Slerp", "scipy.spatial.transform.rotation": "Rotation"}
PACKAGES = "sparse stats interpolate spatial signal cluster".split()
# of solvers, results and constraints only: the others call the functions that they hold
RESULTS = {"scipy.optimize._optimize": "OptimizeResult", "scipy.optimize.optimize": "OptimizeResult",
           "scipy.optimize._constraints": "Bounds LinearConstraint NonlinearConstraint",
           "scipy.optimize._zeros_py": "RootResults", "scipy.optimize.zeros": "RootResults",
           "scipy.optimize._lbfgsb_py": "LbfgsInvHessProduct", "scipy.optimize.lbfgsb": "LbfgsInvHessProduct",
           "scipy.optimize._hessian_update_strategy": "BFGS SR1", "scipy._lib._util": "_RichResult",
           "scipy.integrate._bvp": "BVPResult", "scipy.integrate._ivp.ivp": "OdeResult",
           "scipy.integrate._ivp.common": "OdeSolution", "scipy.integrate._ivp.base": "DenseOutput ConstantDenseOutput",
           "scipy.integrate._ivp.rk": "RkDenseOutput Dop853DenseOutput", "scipy.integrate._ivp.bdf": "BdfDenseOutput",
           "scipy.integrate._ivp.radau": "RadauDenseOutput", "scipy.integrate._ivp.lsoda": "LsodaDenseOutput"}
OLD = {"scipy.sparse": "base bsr compressed coo csc csr data dia dok lil", "scipy.interpolate": "interpolate fitpack2 polyint rbf ndgriddata",
       "scipy.stats": "kde", "scipy.spatial": "qhull"}
FUNCTIONS = {"scipy.spatial.distance": "euclidean cosine cityblock correlation sqeuclidean chebyshev canberra braycurtis jaccard hamming "
                                       "minkowski dice rogerstanimoto russellrao sokalmichener sokalsneath yule jensenshannon mahalanobis seuclidean",
             "scipy.stats._stats_py": "pearsonr spearmanr kendalltau gmean hmean zscore mode iqr sem skew kurtosis moment variation ttest_ind "
                                      "ttest_rel ttest_1samp ks_2samp trim_mean f_oneway rankdata median_abs_deviation pointbiserialr",
             "scipy.stats._stats_mstats_common": "linregress", "scipy.stats._entropy": "entropy differential_entropy",
             "scipy.special._logsumexp": "logsumexp softmax log_softmax"}
# bound methods that the library itself keeps in its objects
BOUND = {"interp1d": "_call_linear _call_linear_np _call_spline _call_nearest _call_previousnext _call_nan_spline",
         "Rbf": "_h_multiquadric _h_inverse_multiquadric _h_gaussian _h_linear _h_cubic _h_quintic _h_thin_plate"}


# Since scipy 1.11: the array classes stand beside their matrices.
LATER = {"scipy.sparse._csr": "csr_array", "scipy.sparse._csc": "csc_array", "scipy.sparse._coo": "coo_array", "scipy.sparse._bsr": "bsr_array",
         "scipy.sparse._dia": "dia_array", "scipy.sparse._lil": "lil_array", "scipy.sparse._base": "_spbase sparray", "scipy.sparse._matrix": "spmatrix",
         "scipy.interpolate._ndbspline": "NdBSpline", "scipy.interpolate._bsplines": "_BSpline",
         "scipy.interpolate._interpolate": "_PPoly _BPoly", "scipy.interpolate._bary_rational": "AAA FloaterHormannInterpolator",
         "scipy.stats._stats_py": "TtestResult PearsonRResult", "scipy.stats._distn_infrastructure": "rv_continuous_frozen rv_discrete_frozen"}


def distributions(out):
    for name in ("scipy.stats._continuous_distns", "scipy.stats._discrete_distns", "scipy.stats._distn_infrastructure"):
        for word, cls in sorted(vars(importlib.import_module(name)).items()):
            if inspect.isclass(cls) and cls.__name__ == word and word.endswith("_frozen"):
                out.add("scipy.stats._distn_infrastructure", word, PLAIN)
    out.add("scipy.stats._distn_infrastructure", "rv_frozen", PLAIN, "before scipy 1.10")


def bound(out):
    for module, name in list(out.rows):
        if name.endswith("_gen") or name == "rv_sample":
            out.add(module, name + "._entropy", DATA, "a bound method as data")
        for word in BOUND.get(name, "").split():
            out.add(module, f"{name}.{word}", DATA, "a bound method as data")


def old_paths(out):
    """What moved to scipy.x._y in scipy 1.8 lies at scipy.x.y in older pickles."""
    for package, words in OLD.items():
        for word in words.split():
            if word == "kde":
                out.add("scipy.stats.kde", "gaussian_kde", PLAIN)
                continue
            new = importlib.import_module(f"{package}._{word}")
            for name, cls in sorted(vars(new).items()):
                if inspect.isclass(cls) and (cls.__module__, name) in out.rows:
                    out.add(f"{package}.{word}", name, PLAIN, "before scipy 1.8")


def functions(out):
    for module, names in FUNCTIONS.items():
        out.add_all(module, names, DATA, "a function as data")
    special = importlib.import_module("scipy.special")
    for name in sorted(dir(special)):
        if isinstance(getattr(special, name), numpy.ufunc):
            for module in ("scipy.special", "scipy.special._ufuncs"):
                out.add(module, name, DATA, "a ufunc as data")


def main():
    out = Listing("scipy", "make_scipy.py")
    for name in PACKAGES:
        found = modules("scipy." + name, skip=("scipy.sparse.linalg.isolve.tests", "scipy.stats._unuran",
                                               "scipy.stats._sobol", "scipy.stats._rvs_sampling", "scipy.signal._upfirdn"))
        out.classes([m for m in found if str(getattr(m, "__file__", "")).endswith(".py")], AUDITED,
                    skip=("rv_generic", "MapWrapper", "LowLevelCallable"))
    for module, names in COMPILED.items():
        out.add_all(module, names, CLASS, "compiled: copies arrays")
    for module, names in RESULTS.items():
        out.add_all(module, names, PLAIN)
        for name in names.split():
            if name.endswith("Result"):
                out.add(module, name + ".__setitem__", "method")
    for module, names in LATER.items():
        out.add_all(module, names, PLAIN)
    distributions(out)
    old_paths(out)
    functions(out)
    bound(out)
    # a matrix of keys and values; its entries are set one by one
    for module in ("scipy.sparse._dok", "scipy.sparse.dok", "scipy.sparse._arrays"):
        for name in ("dok_matrix", "dok_array"):
            out.add(module, name, CLASS)
            out.add(module, name + ".__setitem__", "method")
    out.write()


if __name__ == "__main__":
    main()
