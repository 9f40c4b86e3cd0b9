#!/usr/bin/env python3
"""Writes rules/lists/pickle/allowed/statsmodels.txt from the statsmodels that is installed.
usage: /usr/bin/python3 make_statsmodels.py > rules/lists/pickle/allowed/statsmodels.txt

ModelData evaluates a formula where its state has one (parsers/pickle/evaluated_state.c, rules/lists/formula)."""
from listing import CLASS, Listing, PLAIN, modules

AUDITED = {"ModelData.__setstate__", "ResultsWrapper.__setstate__", "ResultsWrapper.__getattribute__", "NegativeBinomial.__setstate__",
           "DeterministicTerm.__hash__", "DiscretizedCount.__new__", "rv_discrete.__new__", "rv_generic.__setstate__"}
LEFT_OUT = ("statsmodels.sandbox", "statsmodels.datasets", "statsmodels.graphics", "statsmodels.tools.tests", "statsmodels.examples", "statsmodels.iolib",
            "statsmodels.compat", "statsmodels.tools.print_version", "statsmodels.tools._testing", "statsmodels.formula")


def main():
    out = Listing("statsmodels", "make_statsmodels.py")
    found = modules("statsmodels", skip=LEFT_OUT)
    out.classes([m for m in found if str(getattr(m, "__file__", "")).endswith(".py")], AUDITED)
    for name in ("ModelData", "PandasData", "PatsyData"):
        out.add("statsmodels.base.data", name, PLAIN, "a formula in its state is reported and judged")
    for kind in "sdcz":                           # compiled for each precision: arrays in, arrays out
        for module, name in (("_representation", "Statespace"), ("_initialization", "Initialization"), ("_kalman_filter", "KalmanFilter"),
                             ("_kalman_smoother", "KalmanSmoother"), ("_simulation_smoother", "SimulationSmoother"), ("_cfa_simulation_smoother", "CFASimulationSmoother")):
            out.add("statsmodels.tsa.statespace." + module, kind + name, CLASS)
    out.write()


if __name__ == "__main__":
    main()
