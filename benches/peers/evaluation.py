"""CPU seconds of scikit-learn, statsmodels and shap on the tasks of benches/evaluation.rs; one thread.

Usage: OMP_NUM_THREADS=1 python evaluation.py    (scikit-learn, shap, statsmodels; the versions are printed)
"""
import os
for v in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[v] = "1"
import time
import numpy as np
import shap
import sklearn
import statsmodels
import statsmodels.api as sm
from scipy import stats
from scipy.special import expit, logit
from sklearn import metrics
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

print("scikit-learn", sklearn.__version__, "shap", shap.__version__, "statsmodels", statsmodels.__version__)
rng = np.random.default_rng(1)
n = 74
y = (np.arange(n) < 45).astype(int)
s = expit(rng.normal(size=n) + np.where(y, 1.0, -0.5))
s2 = expit(rng.normal(size=n) + np.where(y, 1.0, -0.5))


def clock(name, f, repeats=3):
    best = np.inf
    for _ in range(repeats):
        t = time.process_time()
        f()
        best = min(best, time.process_time() - t)
    print(f"{name:60s} {best:.6f}")


def bootstrap():
    pos, neg = np.where(y == 1)[0], np.where(y == 0)[0]
    for _ in range(2000):
        i = np.r_[rng.choice(pos, len(pos)), rng.choice(neg, len(neg))]
        metrics.roc_auc_score(y[i], s[i])


def delong():
    def psi(s):
        a, b = s[y == 1], s[y == 0]
        return (a[:, None] > b).astype(float) + 0.5 * (a[:, None] == b)
    p = [psi(s), psi(s2)]
    v = np.cov([t.mean(1) for t in p]) / 45 + np.cov([t.mean(0) for t in p]) / 29
    z = (p[0].mean() - p[1].mean()) / np.sqrt(v[0, 0] + v[1, 1] - 2 * v[0, 1])
    return 2 * stats.norm.sf(abs(z))


def calibration():
    lp = logit(s)
    sm.GLM(y, sm.add_constant(lp), family=sm.families.Binomial()).fit(tol=1e-12)
    sm.GLM(y, np.ones((n, 1)), family=sm.families.Binomial(), offset=lp).fit(tol=1e-12)


clock("bootstrap 2000 AUCs", bootstrap)
clock("DeLong paired (numpy)", delong)
clock("calibration line (two GLM fits)", calibration)
clock("lowess", lambda: sm.nonparametric.lowess(y, s, frac=2 / 3, it=0, return_sorted=False))
X, T = rng.normal(size=(129, 20)), rng.normal(size=(n, 20))
yt = (X[:, :5].sum(1) + rng.normal(size=129) > 0).astype(int)
lr = LogisticRegression().fit(X, yt)
clock("linear SHAP", lambda: shap.LinearExplainer(lr, shap.maskers.Independent(X, max_samples=10**6)).shap_values(T))
bg = X[:50]
clock("KernelSHAP 74 x 20, 50 background rows",
      lambda: shap.KernelExplainer(lambda z: lr.predict_proba(z)[:, 1], bg).shap_values(T, l1_reg=0, silent=True), 1)
clock("permutation SHAP 74 x 20, 10 permutations",
      lambda: shap.explainers.Permutation(lambda z: lr.predict_proba(z)[:, 1], shap.maskers.Independent(bg, 100))(
          T, max_evals=10 * (2 * 20 + 1), silent=True), 1)
rf = RandomForestClassifier(100, max_depth=8, random_state=0).fit(X, yt)
print("leaves", sum(t.tree_.n_leaves for t in rf.estimators_))
clock("TreeSHAP path-dependent, 100 trees", lambda: shap.TreeExplainer(rf).shap_values(T))
clock("TreeSHAP interventional, 100 trees, 129 background rows",
      lambda: shap.TreeExplainer(rf, data=X, feature_perturbation="interventional").shap_values(T, check_additivity=False))
clock("TreeSHAP interactions, 100 trees", lambda: shap.TreeExplainer(rf).shap_interaction_values(T))
