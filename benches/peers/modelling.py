"""CPU seconds of scikit-learn on the tasks of `crates/dlr-modelling/examples/modelling_speed.rs`, one thread, on the same numbers.

Usage: modelling_speed dump table.bin; OMP_NUM_THREADS=1 python modelling.py table.bin [--slow]
`--slow` also runs the two eliminations that take a minute. Needs numpy and scikit-learn; nothing of it is in the product.
"""
import sys
import time
import warnings

import numpy as np
import sklearn
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_selection import RFE, RFECV
from sklearn.linear_model import LassoCV, LogisticRegression, lasso_path
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import PredefinedSplit
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore")
table = np.fromfile(sys.argv[1]).reshape(129, 3001)
y, x = table[:, 0].astype(int), np.asfortranarray(table[:, 1:])
yc = y - y.mean()
print("scikit-learn", sklearn.__version__)


def timed(name, task):
    start = time.process_time()
    said = task()
    print(f"{name:45} {time.process_time() - start:8.3f} s   {said}", flush=True)


def path(tol):
    # The tolerance of lasso_path is a share of |y|^2; the gap that it leaves is asked of the path itself.
    _, coefs, gaps = lasso_path(x, yc, n_alphas=100, eps=1e-3, tol=tol, max_iter=1_000_000)
    return f"largest gap {gaps.max() / (0.5 * yc @ yc / len(yc)):.1e}"


def logistic(c=1.0):
    return LogisticRegression(C=c, solver="liblinear")


timed("lasso path, 100 alphas, gap 1e-4", lambda: path(5e-5))
folds = PredefinedSplit(np.arange(129) % 10)
timed("lasso cv, 10 folds x 100", lambda: f"alpha {LassoCV(cv=folds, alphas=100, eps=1e-3, tol=1e-4, max_iter=100000).fit(x, y).alpha_:.5f}")
timed("random forest, 100 trees", lambda: RandomForestClassifier(100, random_state=0, n_jobs=1).fit(x, y).n_features_in_)
timed("extra trees, 100 trees", lambda: ExtraTreesClassifier(100, random_state=0, n_jobs=1).fit(x, y).n_features_in_)
timed("gradient boosting, 100 trees", lambda: HistGradientBoostingClassifier(max_iter=100, max_leaf_nodes=8, min_samples_leaf=5).fit(x, y).n_iter_)


def nested(step, estimator):
    """As `nested` of the Rust example: folds by row number, everything fitted on the training side of each."""
    areas, selected = [], []
    for k in range(5):
        test = np.arange(129) % 5 == k
        scaler = StandardScaler().fit(x[~test])
        inner, outer = scaler.transform(x[~test]), scaler.transform(x[test])
        kept = np.flatnonzero(RFE(estimator(), n_features_to_select=50, step=step).fit(inner, y[~test]).support_)
        folds = PredefinedSplit(np.arange((~test).sum()) % 5)
        # A tolerance of 5e-5 leaves a gap of 1e-4 of the empty model's loss.
        lasso = LassoCV(cv=folds, alphas=100, eps=1e-3, tol=5e-5, max_iter=100000).fit(inner[:, kept], y[~test])
        names = kept[lasso.coef_ != 0]
        fit = estimator().fit(inner[:, names], y[~test])
        areas.append(roc_auc_score(y[test], fit.decision_function(outer[:, names])))
        selected.append(names)
    return f"AUC {np.mean(areas):.4f}, columns {[len(s) for s in selected]}, sums of their positions {[int(s.sum()) for s in selected]}"


def converged():
    return LogisticRegression(C=1.0, solver="lbfgs", tol=1e-10, max_iter=10000)


for step, name in [(0.1, "rfe by tenths"), (10, "rfe by tens")]:
    # liblinear penalises the intercept and stops early; the other solves the same problem as ours to its end.
    timed(f"nested 5x5: scale, {name}, liblinear", lambda: nested(step, logistic))
    timed(f"nested 5x5: scale, {name}, converged", lambda: nested(step, converged))
if "--slow" in sys.argv:
    timed("rfecv step 10, logistic, 5 folds", lambda: RFECV(logistic(), step=10, cv=5, scoring="roc_auc").fit(x, y).n_features_)
    timed("rfe step 1, logistic, 3000 to 20", lambda: RFE(logistic(), n_features_to_select=20, step=1).fit(x, y).n_features_)
