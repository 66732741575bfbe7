"""Which of two cross-validated deviances is right: that of cv.glmnet, or that of dlr-modelling?

Usage: python prove_cv_glmnet.py > cv_binomial_exact.json
Solves the L1-penalised logistic regressions of r_oracle.json ("cv_binomial", its folds and penalties) anew: coordinate
descent in 64 bit finds the columns whose weight is not 0, Newton's method with 40 digits (mpmath) solves for them, and the
optimality conditions are checked with 40 digits: the gradient of every column in use is +-lambda to 1e-30, that of every
other is below lambda. What is optimal by these conditions is the one solution. Then the deviance of the held-out rows and
the weighted mean and standard error over the folds, as cv.glmnet defines them. Needs numpy and mpmath.
"""
import json
import os
import sys

import mpmath as mp
import numpy as np

mp.mp.dps = 40
HERE = os.path.dirname(os.path.abspath(__file__))
REF = os.path.join(HERE, "..", "ml_reference")
PENALTIES = [0, 10, 20, 30, 40, 50, 56, 57, 58, 59]

a = np.genfromtxt(os.path.join(REF, "train_clean.csv"), delimiter=",", skip_header=1)
x, y = a[:, 2:], a[:, 1]
cv = json.load(open(os.path.join(REF, "r_oracle.json")))["cv_binomial"]
fold, lambdas = np.array(cv["foldid"]), np.array(cv["lambda"])


def descend(xt, yt, lam, b0, b):
    """Proximal Newton with coordinate descent, in 64 bit."""
    n, p = xt.shape
    for _ in range(200):
        f = b0 + xt @ b
        mu = 1 / (1 + np.exp(-f))
        w = np.maximum(mu * (1 - mu), 1e-12) / n
        r = (yt - mu) / n
        old = np.concatenate([[b0], b])
        res = r.copy()  # gradient of the model in row space
        for _ in range(2000):
            largest = 0.0
            d = res.sum() / w.sum()
            b0 += d
            res -= w * d
            for j in range(p):
                h = (w * xt[:, j] ** 2).sum()
                z = xt[:, j] @ res + h * b[j]
                new = np.sign(z) * max(abs(z) - lam, 0) / h
                d = new - b[j]
                if d:
                    b[j] = new
                    res -= w * xt[:, j] * d
                    largest = max(largest, h * d * d)
            if largest < 1e-22:
                break
        if np.abs(np.concatenate([[b0], b]) - old).max() < 1e-11:
            break
    return b0, b


def exact(xt, yt, lam, b0, b):
    """The same with 40 digits on the columns in use, and the optimality conditions on all."""
    used = [j for j in range(len(b)) if b[j] != 0]
    n = len(yt)
    xm = mp.matrix([[mp.mpf(1)] + [mp.mpf(float(xt[i, j])) for j in used] for i in range(n)])
    ym = [mp.mpf(float(v)) for v in yt]
    beta = mp.matrix([mp.mpf(b0)] + [mp.mpf(b[j]) for j in used])
    pen = mp.matrix([mp.mpf(0)] + [mp.mpf(lam) * int(np.sign(b[j])) for j in used])
    for _ in range(8):
        mu = [1 / (1 + mp.exp(-v)) for v in xm * beta]
        g = xm.T * mp.matrix([(u - v) / n for u, v in zip(mu, ym)]) + pen
        if max(abs(v) for v in g) < mp.mpf(10) ** -33:
            break
        weighted = xm.copy()
        for i in range(n):
            for k in range(xm.cols):
                weighted[i, k] *= mu[i] * (1 - mu[i]) / n
        beta -= mp.lu_solve(xm.T * weighted, g)
    mu = [1 / (1 + mp.exp(-v)) for v in xm * beta]
    r = [(v - u) / n for u, v in zip(mu, ym)]
    slack = mp.inf
    for j in range(xt.shape[1]):
        gj = mp.fsum(mp.mpf(float(xt[i, j])) * r[i] for i in range(n))
        if j in used:
            k = used.index(j) + 1
            assert abs(gj - pen[k]) < mp.mpf(10) ** -30 and beta[k] * pen[k] > 0, "a column in use is not at its optimum"
        else:
            slack = min(slack, mp.mpf(lam) - abs(gj))
    assert abs(mp.fsum(r)) < mp.mpf(10) ** -30 and slack > 0, "a column left out belongs in"
    return beta, used, slack


deviances = {k: [] for k in PENALTIES}
least_slack = mp.inf
for k in sorted(set(fold)):
    train, test = fold != k, fold == k
    b0, b = 0.0, np.zeros(x.shape[1])
    for at, lam in enumerate(lambdas):
        b0, b = descend(x[train], y[train], lam, b0, b.copy())
        if at not in PENALTIES:
            continue
        beta, used, slack = exact(x[train], y[train], lam, b0, b)
        least_slack = min(least_slack, slack)
        total = mp.mpf(0)
        for i in np.where(test)[0]:
            f = beta[0] + mp.fsum(beta[t + 1] * mp.mpf(float(x[i, j])) for t, j in enumerate(used))
            q = min(max(1 / (1 + mp.exp(-f)), mp.mpf("1e-5")), 1 - mp.mpf("1e-5"))
            total -= 2 * (mp.log(q) if y[i] == 1 else mp.log(1 - q))
        deviances[at].append((total / int(test.sum()), int(test.sum())))
    print(f"fold {k} done", file=sys.stderr)

out = {"digits": mp.mp.dps, "least_slack": float(least_slack), "penalties": []}
for at in PENALTIES:
    n = sum(m for _, m in deviances[at])
    mean = mp.fsum(d * m for d, m in deviances[at]) / n
    sd = mp.sqrt(mp.fsum((d - mean) ** 2 * m for d, m in deviances[at]) / n / (len(deviances[at]) - 1))
    out["penalties"].append({
        "index": at, "lambda": lambdas[at],
        "cvm": mp.nstr(mean, 20), "cvsd": mp.nstr(sd, 20),
        "glmnet_cvm_error": float(mp.mpf(cv["cvm"][at]) - mean), "glmnet_cvsd_error": float(mp.mpf(cv["cvsd"][at]) - sd),
    })
print(json.dumps(out, indent=1))
