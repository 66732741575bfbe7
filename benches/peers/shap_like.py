"""CPU seconds of shap, and the models and tables on which `interpret_speed` runs the same; one thread.

Usage: OMP_NUM_THREADS=1 python shap_like.py FOLDER; RAYON_NUM_THREADS=1 interpret_speed FOLDER
"""
import os
for v in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[v] = "1"
import pathlib
import sys
import time

import numpy as np
import shap
import sklearn
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
print("scikit-learn", sklearn.__version__, "shap", shap.__version__)
rng = np.random.default_rng(1)
# Single precision, as the trees of scikit-learn compare.
X, T = (rng.normal(size=(n, 20)).astype(np.float32).astype(float) for n in (129, 74))
y = (X[:, :5].sum(1) + rng.normal(size=129) > 0).astype(int)
np.vstack([X, T]).tofile(folder / "tables.bin")
lr = LogisticRegression().fit(X, y)
np.savetxt(folder / "linear.txt", np.r_[lr.intercept_, lr.coef_[0]], fmt="%.17g")
rf = RandomForestClassifier(100, max_depth=8, random_state=0).fit(X, y)
with open(folder / "trees.txt", "w") as out:
    for estimator in rf.estimators_:
        t = estimator.tree_
        out.write(f"{t.node_count}\n")
        for i in range(t.node_count):
            value = t.value[i, 0, 1] / t.value[i, 0].sum() / len(rf.estimators_)
            column = t.feature[i] if t.children_left[i] >= 0 else -1
            out.write(f"{column} {t.threshold[i]:.17g} {t.children_left[i]} {t.children_right[i]} {value:.17g} {t.weighted_n_node_samples[i]:.17g}\n")
print("leaves", sum(t.tree_.n_leaves for t in rf.estimators_))


def clock(name, f, repeats=3):
    best = np.inf
    for _ in range(repeats):
        t = time.process_time()
        values = f()
        best = min(best, time.process_time() - t)
    print(f"{name:55s} {best:8.4f} s", flush=True)
    return np.asarray(values)


kernel = clock("KernelSHAP 74 x 20, 50 background rows",
               lambda: shap.KernelExplainer(lambda z: lr.predict_proba(z)[:, 1], X[:50]).shap_values(T, l1_reg=0, silent=True), 1)
kernel.tofile(folder / "kernel.bin")
trees = clock("TreeSHAP interventional, 129 background rows",
              lambda: shap.TreeExplainer(rf, data=shap.maskers.Independent(X, max_samples=len(X)), feature_perturbation="interventional").shap_values(T, check_additivity=False)[..., 1])
np.ascontiguousarray(trees).tofile(folder / "trees.bin")
path = clock("TreeSHAP path-dependent", lambda: shap.TreeExplainer(rf).shap_values(T)[..., 1])
np.ascontiguousarray(path).tofile(folder / "path.bin")
