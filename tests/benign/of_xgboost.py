"""xgboost: boosters and the scikit-learn classes."""
import numpy as np
import xgboost as xgb

X = np.random.RandomState(0).rand(30, 3)
Y = (X[:, 0] > 0.5).astype(int)


def things():
    yield "booster", xgb.train({"max_depth": 2}, xgb.DMatrix(X, Y), 2)
    for name in "XGBClassifier XGBRegressor XGBRFClassifier XGBRFRegressor".split():
        yield name, getattr(xgb, name)(n_estimators=2, max_depth=2).fit(X, Y)
    yield "XGBRanker", xgb.XGBRanker(n_estimators=2).fit(X, Y, group=[15, 15])
    yield "callbacks", xgb.XGBClassifier(n_estimators=3, callbacks=[xgb.callback.EarlyStopping(2)]).fit(X, Y, eval_set=[(X, Y)], verbose=False)
