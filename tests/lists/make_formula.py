#!/usr/bin/env python3
"""Writes rules/lists/formula/dangerous/scipy.txt: the classes whose state holds text that they run.
usage: /usr/bin/python3 make_formula.py > rules/lists/formula/dangerous/scipy.txt   (statsmodels wanted, too)

They are allowed, as every frozen distribution is one of them; parsers/pickle/evaluated_state.c reports the text."""
import inspect

import scipy
from scipy.stats import rv_continuous, rv_discrete

from listing import modules


def main():
    print(f"# Made by tests/lists/make_formula.py from scipy {scipy.__version__}; do not edit.")
    rows = set()
    for module in modules("scipy.stats") + modules("statsmodels.distributions"):
        for name, cls in vars(module).items():
            if inspect.isclass(cls) and issubclass(cls, (rv_continuous, rv_discrete)) and cls.__name__ == name:
                rows.add(f"{cls.__module__} {name} runs the text of its state's _parse_arg_template")
    print("\n".join(sorted(rows)))


if __name__ == "__main__":
    main()
