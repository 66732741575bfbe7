"""Expected predictions of scikit-learn's neighbours, naive Bayes, boosting and forests.

Usage: python make_ml_models.py > ml_models.json
Reads train_clean.csv and test_clean.csv of ../ml_reference. Needs numpy and scikit-learn; the version is written into
the output. Forests are random: of them the mean and the spread of the area under the curve over many seeds are kept, and the mean importances.
"""
import json
import os

import numpy as np
import sklearn
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.class_weight import compute_sample_weight

HERE = os.path.dirname(os.path.abspath(__file__))


def table(name):
    a = np.genfromtxt(os.path.join(HERE, "..", "ml_reference", name), delimiter=",", skip_header=1)
    return a[:, 2:], a[:, 1].astype(int)


x, y = table("train_clean.csv")
xt, yt = table("test_clean.csv")
out = {"sklearn": sklearn.__version__, "neighbours": [], "naive_bayes": [], "boosting": [], "forests": []}

for k in (1, 5, 15):
    for weights in ("uniform", "distance"):
        # A tree of balls computes distances by differences, not by the rounded expansion of the square.
        m = KNeighborsClassifier(k, weights=weights, algorithm="ball_tree").fit(x, y)
        out["neighbours"].append({"k": k, "weights": weights, "proba": m.predict_proba(xt)[:, 1].tolist()})

for smoothing in (1e-9, 0.1):
    for balanced in (False, True):
        w = compute_sample_weight("balanced", y) if balanced else None
        # var_smoothing takes the largest variance of the unweighted columns.
        m = GaussianNB(var_smoothing=smoothing).fit(x, y, sample_weight=w)
        out["naive_bayes"].append(
            {"smoothing": smoothing, "balanced": balanced, "log_odds": np.diff(m.predict_joint_log_proba(xt))[:, 0].tolist()}
        )

# The gradients of the first trees take two values only, so that different cuts of a small node can be exactly equal, and
# 32-bit rounding then chooses one. These settings keep nodes large enough for every cut to be a clear one.
for setting in (
    {"max_iter": 100, "max_leaf_nodes": 4, "min_samples_leaf": 5, "l2_regularization": 0.0},
    {"max_iter": 50, "max_leaf_nodes": 31, "min_samples_leaf": 20, "l2_regularization": 1.0},
    {"max_iter": 100, "max_leaf_nodes": 4, "min_samples_leaf": 10, "l2_regularization": 0.0, "class_weight": "balanced"},
):
    m = HistGradientBoostingClassifier(learning_rate=0.1, early_stopping=False, **setting).fit(x, y)
    out["boosting"].append(
        {**setting, "log_odds_test": m.decision_function(xt).tolist(), "log_odds_train": m.decision_function(x).tolist()}
    )

N_SEEDS = 200
for name, kind in (("random-forest", RandomForestClassifier), ("extra-trees", ExtraTreesClassifier)):
    for setting in ({}, {"max_depth": 3, "min_samples_leaf": 5, "class_weight": "balanced"}):
        areas, importance = [], np.zeros(x.shape[1])
        for seed in range(N_SEEDS):
            m = kind(100, random_state=seed, **setting).fit(x, y)
            areas.append(roc_auc_score(yt, m.predict_proba(xt)[:, 1]))
            importance += m.feature_importances_ / N_SEEDS
        out["forests"].append(
            {"kind": name, **setting, "n_seeds": N_SEEDS, "auc_mean": np.mean(areas), "auc_sd": np.std(areas, ddof=1),
             "importance": importance.tolist()}
        )

print(json.dumps(out, indent=1))
