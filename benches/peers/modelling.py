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
from sklearn.feature_selection import RFE, RFECV, SelectFromModel
from sklearn.linear_model import LassoCV, LogisticRegression, lasso_path
from sklearn.model_selection import PredefinedSplit, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
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
nested = make_pipeline(
    StandardScaler(), RFE(logistic(), n_features_to_select=50, step=0.1), SelectFromModel(LassoCV(cv=5), threshold=1e-10), logistic()
)
timed("nested 5x5: scale, rfe, lasso cv, logistic", lambda: f"AUC {cross_val_score(nested, x, y, cv=StratifiedKFold(5), scoring='roc_auc').mean():.3f}")
if "--slow" in sys.argv:
    timed("rfecv step 10, logistic, 5 folds", lambda: RFECV(logistic(), step=10, cv=5, scoring="roc_auc").fit(x, y).n_features_)
    timed("rfe step 1, logistic, 3000 to 20", lambda: RFE(logistic(), n_features_to_select=20, step=1).fit(x, y).n_features_)
