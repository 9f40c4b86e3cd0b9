"""sympy: expressions of symbols and numbers."""
import sympy

x, y = sympy.symbols("x y")


def things():
    yield "symbol", [x, sympy.Symbol("z", positive=True), sympy.Dummy("d")]
    yield "numbers", [sympy.Integer(3), sympy.Rational(1, 3), sympy.S.Half, sympy.S.One, sympy.S.Zero, sympy.S.NegativeOne, sympy.pi, sympy.E, sympy.I]
    yield "power", [x**2, x**y, x**sympy.Rational(1, 2), 1 / x]
    yield "sum", [x + y, x + 1, 2 * x + y**2 - 3]
    yield "product", [x * y, 2 * x, x * y**2 / 3]
