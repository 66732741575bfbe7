"""Expected values for support vector machines with cross-fitted probabilities, components, RFECV, late fusion and ComBat
with a reference batch.

Usage: python make_selection_models.py > selection_models.json
Reads the tables of ../ml_reference and inner_folds.json beside this file: the folds that dlr deals for these patients, as
its test prints them, so that the oracle is fitted on the same ones. Needs numpy, scipy, scikit-learn and neuroCombat; the
versions are written into the output.
"""
import contextlib
import io
import json
import os
from importlib.metadata import version

import numpy as np
import pandas as pd
from neuroCombat import neuroCombat  # asks for numpy.int, which numpy no longer has: set below
from scipy.optimize import minimize
from sklearn.decomposition import PCA
from sklearn.feature_selection import RFECV
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

np.int = int
HERE = os.path.dirname(os.path.abspath(__file__))
REF = os.path.join(HERE, "..", "ml_reference")


def read(name):
    return np.genfromtxt(os.path.join(REF, name), delimiter=",", skip_header=1)


def table(name):
    a = read(name)
    return a[:, 2:], a[:, 1].astype(int)


x, y = table("train_clean.csv")
xt, yt = table("test_clean.csv")
folds = json.load(open(os.path.join(HERE, "inner_folds.json")))
out = {k: version(k) for k in ("scikit-learn", "numpy", "neuroCombat")}


def platt(f, labels):
    """Platt's sigmoid with Platt's targets (Lin, Lin and Weng 2007), by Newton's method to the last digits."""
    n1, n0 = labels.sum(), (1 - labels).sum()
    t = np.where(labels == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
    a = np.array([0.0, np.log((n1 + 1) / (n0 + 1))])
    d = np.c_[f, np.ones_like(f)]
    cost = lambda v: np.sum(np.logaddexp(0, d @ v) - t * (d @ v))
    a = minimize(cost, a, method="BFGS").x
    for _ in range(50):
        p = 1 / (1 + np.exp(-d @ a))
        a = a - np.linalg.solve(d.T @ (d * (p * (1 - p))[:, None]), d.T @ (p - t))
    assert np.abs(d.T @ (1 / (1 + np.exp(-d @ a)) - t)).max() < 1e-10
    return a


out["svm"] = []
fold = np.array(folds["svm"])
for setting in (
    {"kernel": "linear", "C": 0.05},
    {"kernel": "linear", "C": 1.0, "class_weight": "balanced"},
    {"kernel": "rbf", "C": 1.0},
    {"kernel": "rbf", "C": 10.0, "gamma": 0.005, "class_weight": "balanced"},
):
    # `scale` is taken from all rows, as ours is, so that the machines of the folds are those of one kernel.
    gamma = setting.get("gamma", 1 / (x.shape[1] * x.var()))
    machine = lambda: SVC(**{**setting, "gamma": gamma}, tol=1e-10, cache_size=500)
    held_out = np.zeros(len(y))
    for k in np.unique(fold):
        held_out[fold == k] = machine().fit(x[fold != k], y[fold != k]).decision_function(x[fold == k])
    full = machine().fit(x, y)
    slope, offset = platt(held_out, y)
    odds = slope * full.decision_function(xt) + offset
    out["svm"].append({**setting, "slope": slope, "log_odds": odds.tolist()})

out["pca"] = []
for n_rows in (len(y), 40):  # more rows than columns, and fewer
    m = PCA(10, svd_solver="full").fit(x[:n_rows])
    sign = np.array([1 if c[np.abs(c).argmax()] > 0 else -1 for c in m.components_])
    out["pca"].append({"n_rows": n_rows, "explained": m.explained_variance_ratio_.tolist(),
                       "first_loading": (m.components_[0] * sign[0]).tolist(),
                       "scores_test": (m.transform(xt[:20]) * sign).tolist()})

outer = read("folds.csv")[:, 1].astype(int)
splits = [(np.where(outer != k)[0], np.where(outer == k)[0]) for k in np.unique(outer)]
out["rfecv"] = []
for step in (1, 4):
    logistic = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-12, max_iter=10000)
    m = RFECV(logistic, step=step, cv=splits, scoring="roc_auc", min_features_to_select=1).fit(x, y)
    r = m.cv_results_
    by_fold = np.array([r[f"split{k}_test_score"] for k in range(len(splits))])
    out["rfecv"].append({"step": step, "n_features": [int(v) for v in r["n_features"]], "mean": r["mean_test_score"].tolist(),
                         "folds_at_10_sizes": by_fold[:, :10].T.tolist(), "n_best": int(m.n_features_),
                         "kept": np.where(m.support_)[0].tolist()})

fold = np.array(folds["stacked"])
blocks = [np.arange(0, 20), np.arange(20, x.shape[1])]
fit = lambda c, a, b: LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12, max_iter=10000).fit(a, b)
z = np.zeros((len(y), len(blocks)))
for k in np.unique(fold):
    for b, columns in enumerate(blocks):
        m = fit(0.1, x[fold != k][:, columns], y[fold != k])
        z[fold == k, b] = m.decision_function(x[fold == k][:, columns])
mean, sd = z.mean(0), z.std(0)
joined = fit(1.0, (z - mean) / sd, y)
zt = np.c_[tuple(fit(0.1, x[:, c], y).decision_function(xt[:, c]) for c in blocks)]
out["stacked"] = {"c": 0.1, "first_block": len(blocks[0]), "out_of_fold": z.tolist(),
                  "block_weights": (joined.coef_[0] / sd).tolist(),
                  "log_odds": joined.decision_function((zt - mean) / sd).tolist()}

d = read("combat_in.csv")
covars = pd.DataFrame({"batch": d[:, 0].astype(int), "cov": d[:, 1].astype(int)})
out["combat_reference"] = []
for name, kw in {"parametric": {}, "nonparametric": {"parametric": False}, "mean-only": {"mean_only": True},
                 "no-eb": {"eb": False}}.items():
    with contextlib.redirect_stdout(io.StringIO()):
        m = neuroCombat(dat=d[:, 2:].T, covars=covars, batch_col="batch", categorical_cols=["cov"], ref_batch=2, **kw)
    out["combat_reference"].append({"mode": name, "reference": "2", "data": np.round(m["data"].T, 12).tolist()})

print(json.dumps(out, separators=(",", ":")))
