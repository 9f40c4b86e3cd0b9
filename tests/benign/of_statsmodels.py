"""statsmodels: fitted models of each family, plain and by formula."""
import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
from statsmodels.tsa import ar_model, holtwinters
from statsmodels.tsa.arima.model import ARIMA

RNG = np.random.RandomState(0)
X = sm.add_constant(RNG.rand(40, 2))
Y = X @ [1, 2, 3] + RNG.rand(40)
FRAME = pd.DataFrame({"y": Y, "x1": X[:, 1], "x2": X[:, 2], "g": np.repeat(["a", "b"], 20)})
SERIES = pd.Series(np.cumsum(RNG.rand(40)), index=pd.date_range("2020", periods=40, freq="D"))


def things():
    yield "ols", sm.OLS(Y, X).fit()
    yield "wls", sm.WLS(Y, X).fit()
    yield "gls", sm.GLS(Y, X).fit()
    yield "frame", sm.OLS(FRAME.y, FRAME[["x1", "x2"]]).fit()
    yield "logit", lambda: sm.Logit((Y > Y.mean()).astype(float), X[:, :2]).fit(disp=0)
    yield "poisson", lambda: sm.Poisson(np.round(Y), X).fit(disp=0)
    yield "glm", lambda: sm.GLM(Y, X, family=sm.families.Gamma(sm.families.links.log())).fit()
    yield "rlm", lambda: sm.RLM(Y, X).fit()
    yield "quantile", lambda: sm.QuantReg(Y, X).fit()
    yield "mixed", lambda: sm.MixedLM(Y, X, FRAME.g).fit()
    yield "arima", lambda: ARIMA(SERIES, order=(1, 0, 0)).fit()
    yield "autoregression", lambda: ar_model.AutoReg(SERIES, 1).fit()
    yield "holt", lambda: holtwinters.SimpleExpSmoothing(SERIES).fit()
    yield "kde", lambda: sm.nonparametric.KDEUnivariate(Y)
    yield "formula", lambda: smf.ols("y ~ x1 + np.log(x2) + C(g)", FRAME).fit()
    yield "formula_plain", lambda: smf.ols("y ~ x1 * x2 - 1", FRAME).fit()
