"""Nested cross-validated AUC of scikit-learn on the tables of radMLBench: auc.csv beside this file.

Usage: python make_auc.py FOLDER    (FOLDER holds index.csv, *.csv.gz and worc_cv_splits_*.csv.gz; scikit-learn, pandas)

Protocol, the same as in crates/dlr-experiment/tests/real_tables.rs:
  folds   Rule R: patients sorted by ID (bytes), those of class 0 and then those of class 1 dealt to folds 0, 1, ..., k-1, 0, ...
          in one sequence. 5 outer folds on all patients, 5 inner folds on each training side. No random number anywhere.
  steps   median imputation, constant columns out, z-score (ddof 0), the 20 columns of largest |Student t|, L2 logistic
          regression with a free intercept.
  tuning  C of 0.01, 0.1, 1, 10: the largest mean AUC over the inner folds, the smallest C of equals; every step is fitted
          again inside each inner fold.
auc.csv: table, n, positives, pooled AUC of the outer held-out probabilities, mean AUC of the outer folds; for the two tables
with published divisions the mean test AUC over all 100 of them. AUCs only: no value of a table is written.
"""
import sys
import warnings
from pathlib import Path
import numpy as np
import pandas as pd
import sklearn
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
GRID = [0.01, 0.1, 1.0, 10.0]


def rule(ids, y, k):
    fold, n = np.empty(len(ids), int), 0
    order = sorted(range(len(ids)), key=lambda i: ids[i].encode())
    for label in (0, 1):
        for i in order:
            if y[i] == label:
                fold[i] = n % k
                n += 1
    return fold


def pipeline(c, n_columns):
    return make_pipeline(SimpleImputer(strategy="median"), VarianceThreshold(), StandardScaler(),
                         SelectKBest(f_classif, k=min(20, n_columns)),
                         LogisticRegression(C=c, tol=1e-10, max_iter=100000))


def fit(x, y, ids):
    fold = rule(ids, y, 5)
    best = (-1.0, None)
    for c in GRID:
        areas = []
        for k in range(5):
            inner = pipeline(c, x.shape[1]).fit(x[fold != k], y[fold != k])
            areas.append(roc_auc_score(y[fold == k], inner.predict_proba(x[fold == k])[:, 1]))
        if np.mean(areas) > best[0] + 1e-12:
            best = (np.mean(areas), c)
    return pipeline(best[1], x.shape[1]).fit(x, y)


def table(path):
    data = pd.read_csv(path, dtype={"ID": str})
    data = data[data["Target"].notna()]
    y = data["Target"].astype(int).to_numpy()
    x = data.drop(columns=["ID", "Target", "lung_metastasis"], errors="ignore").to_numpy(float)
    return x, y, data["ID"].to_numpy()


def main(folder):
    names = list(pd.read_csv(folder / "index.csv")["dataset"]) + ["STS-grade"]
    print("scikit-learn", sklearn.__version__)
    lines = ["table,n,positives,pooled_auc,mean_fold_auc,published_splits_auc"]
    for name in names:
        x, y, ids = table(folder / f"{name}.csv.gz")
        fold, p = rule(ids, y, 5), np.empty(len(y))
        for k in range(5):
            p[fold == k] = fit(x[fold != k], y[fold != k], ids[fold != k]).predict_proba(x[fold == k])[:, 1]
        means = np.mean([roc_auc_score(y[fold == k], p[fold == k]) for k in range(5)])
        listed = ""
        splits = folder / f"worc_cv_splits_{name.removeprefix('WORC-')}.csv.gz"
        if name.startswith("WORC-") and splits.exists():
            of, position = pd.read_csv(splits), {i: r for r, i in enumerate(ids)}
            areas = []
            for k in range(100):
                # One patient of the Lipo lists is not in the table.
                train = [position[i] for i in of[f"{k}_train"].dropna() if i in position]
                test = [position[i] for i in of[f"{k}_test"].dropna() if i in position]
                model = fit(x[train], y[train], ids[train])
                areas.append(roc_auc_score(y[test], model.predict_proba(x[test])[:, 1]))
            listed = f"{np.mean(areas):.6f}"
        lines.append(f"{name},{len(y)},{y.sum()},{roc_auc_score(y, p):.6f},{means:.6f},{listed}")
        print(lines[-1], flush=True)
    (Path(__file__).parent / "auc.csv").write_text("\n".join(lines) + "\n")


main(Path(sys.argv[1]))
