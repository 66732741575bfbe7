//! KernelSHAP (Lundberg and Lee 2017): weighted least squares on coalitions, all of them where there are few enough.

use super::game::{Game, OutputScale, SampledAttribution};
use crate::accuracy::local_accuracy;
use dlr_core::{Attribution, Code, Error, Explainer, FeatureTable, FittedModel, Result, Rng};
use ndarray::Array2;

/// Sampled coalitions are dealt into this many parts; the spread of the estimates without each part is the error.
const N_PARTS: usize = 10;

/// Explains any model by weighted regression on coalitions.
///
/// | Name | Default | Range | Meaning |
/// |---|---|---|---|
/// | `scale` | log odds | | what is explained |
/// | `n_coalitions` | `2 p + 2048` | at least `2 p` | all coalitions are visited where `2^p - 2` is not more |
/// | `max_background` | 100 | 1 and up | background rows, drawn by the seed where there are more |
#[derive(Debug, Clone, Copy)]
pub struct KernelShap {
    /// What is explained.
    pub scale: OutputScale,
    /// Coalitions to value per case; `None` for `2 p + 2048`.
    pub n_coalitions: Option<usize>,
    /// Background rows to average over.
    pub max_background: usize,
}

impl Default for KernelShap {
    fn default() -> Self {
        KernelShap { scale: OutputScale::LogOdds, n_coalitions: None, max_background: 100 }
    }
}

impl KernelShap {
    /// Values with their standard errors.
    ///
    /// # Errors
    /// `E0502` for a missing column, `E0601` for no background row or no column, `E0401` for too few coalitions; those of
    /// the model.
    pub fn explain_with_error(
        &self,
        model: &dyn FittedModel,
        background: &FeatureTable,
        cases: &FeatureTable,
        seed: u64,
    ) -> Result<SampledAttribution> {
        let game = Game::of_model(model, self.scale, (background, self.max_background), cases, seed)?;
        let budget = self.n_coalitions.unwrap_or(2 * game.names.len() + 2048);
        explain_game(&game, budget, seed)
    }
}

impl Explainer for KernelShap {
    fn explain(
        &self,
        model: &dyn FittedModel,
        background: &FeatureTable,
        cases: &FeatureTable,
        seed: u64,
    ) -> Result<Attribution> {
        let attribution = self.explain_with_error(model, background, cases, seed)?.attribution;
        let on_probability = self.scale == OutputScale::Probability;
        local_accuracy(&attribution, model.predict(cases)?.scores(), on_probability, 1e-6)?;
        Ok(attribution)
    }
}

pub(crate) fn explain_game(game: &Game<'_>, budget: usize, seed: u64) -> Result<SampledAttribution> {
    let p = game.names.len();
    let plan = Plan::new(p, budget, seed)?;
    let solver = Solver::new(&plan)?;
    // The empty and the full coalition stand in front.
    let mut coalitions = Array2::from_elem((plan.coalitions.nrows() + 2, p), false);
    coalitions.row_mut(1).fill(true);
    coalitions.slice_mut(ndarray::s![2.., ..]).assign(&plan.coalitions);
    let prepared = game.prepare(coalitions);
    let mut values = Array2::zeros(game.data.raw_dim());
    let mut standard_error = Array2::zeros(game.data.raw_dim());
    let mut base = f64::NAN;
    for (row_idx, case) in game.data.outer_iter().enumerate() {
        let worth = prepared.values(case)?;
        base = worth[0];
        let (phi, error) = solver.solve(&plan, worth[0], worth[1], &worth[2..]);
        values.row_mut(row_idx).assign(&ndarray::ArrayView1::from(&phi));
        standard_error.row_mut(row_idx).assign(&ndarray::ArrayView1::from(&error));
    }
    let attribution =
        Attribution { cases: game.cases.clone(), names: game.names.clone(), base, values, data: game.data.clone() };
    Ok(SampledAttribution { attribution, standard_error })
}

/// Coalitions that are neither empty nor full, with their weights.
struct Plan {
    coalitions: Array2<bool>,
    weights: Vec<f64>,
    /// The part that a sampled coalition was dealt to; `None` for those that are visited in any case.
    part: Vec<Option<usize>>,
}

impl Plan {
    /// Sizes are visited in full from the outside (1 and p - 1) inwards as long as their share of the budget suffices;
    /// what is left of the budget samples the sizes in between, each draw with its complement.
    fn new(p: usize, budget: usize, seed: u64) -> Result<Self> {
        if budget < 2 * p {
            return Err(Error::new(Code::Parameter, format!("{budget} coalitions are too few for {p} features"))
                .expected(format!("at least {}", 2 * p)));
        }
        let mut rows: Vec<(Vec<bool>, f64, Option<usize>)> = Vec::new();
        let mass = |size: usize| (p - 1) as f64 / (size * (p - size)) as f64;
        let mut left = budget;
        let mut mass_left: f64 = (1..p).map(mass).sum();
        let mut open: Vec<usize> = (1..p).collect();
        for size in 1..=p / 2 {
            let pair: Vec<usize> = if 2 * size == p { vec![size] } else { vec![size, p - size] };
            let n = pair.len() as f64 * binomial(p, size);
            let pair_mass: f64 = pair.iter().map(|s| mass(*s)).sum();
            if n > left as f64 * pair_mass / mass_left + 1e-9 {
                break;
            }
            for s in &pair {
                let weight = mass(*s) / binomial(p, *s);
                subsets(p, *s, &mut |members| rows.push((members.to_vec(), weight, None)));
            }
            left -= n as usize;
            mass_left -= pair_mass;
            open.retain(|s| !pair.contains(s));
        }
        if !open.is_empty() {
            sample(p, &open, (left / 2).max(N_PARTS), mass_left, seed, &mut rows);
        }
        let mut coalitions = Array2::from_elem((rows.len(), p), false);
        for (mut out, (members, ..)) in coalitions.outer_iter_mut().zip(&rows) {
            out.assign(&ndarray::ArrayView1::from(members));
        }
        let (weights, part) = rows.into_iter().map(|(_, w, part)| (w, part)).unzip();
        Ok(Plan { coalitions, weights, part })
    }
}

fn sample(
    p: usize,
    sizes: &[usize],
    n_pairs: usize,
    mass: f64,
    seed: u64,
    rows: &mut Vec<(Vec<bool>, f64, Option<usize>)>,
) {
    let mut rng = Rng::stream(seed, 1);
    let of_size = |s: usize| 1.0 / (s * (p - s)) as f64;
    let total: f64 = sizes.iter().map(|s| of_size(*s)).sum();
    let mut order: Vec<usize> = (0..p).collect();
    let weight = mass / (2 * n_pairs) as f64;
    for pair in 0..n_pairs {
        let mut at = rng.uniform() * total;
        let mut size = sizes[sizes.len() - 1];
        for s in sizes {
            at -= of_size(*s);
            if at < 0.0 {
                size = *s;
                break;
            }
        }
        rng.shuffle(&mut order);
        let mut members = vec![false; p];
        order[..size].iter().for_each(|i| members[*i] = true);
        let complement = members.iter().map(|m| !m).collect();
        rows.push((members, weight, Some(pair % N_PARTS)));
        rows.push((complement, weight, Some(pair % N_PARTS)));
    }
}

fn binomial(n: usize, k: usize) -> f64 {
    (1..=k).map(|i| (n - k + i) as f64 / i as f64).product::<f64>().round()
}

fn subsets(p: usize, size: usize, visit: &mut dyn FnMut(&[bool])) {
    fn choose(members: &mut Vec<bool>, from: usize, left: usize, visit: &mut dyn FnMut(&[bool])) {
        if left == 0 {
            return visit(members);
        }
        for i in from..=members.len() - left {
            members[i] = true;
            choose(members, i + 1, left - 1, visit);
            members[i] = false;
        }
    }
    choose(&mut vec![false; p], 0, size, visit);
}

/// Normal equations of the regression, factored once for all cases: whole, and without each part.
struct Solver {
    whole: Factor,
    without: Vec<Factor>,
}

/// The lower Cholesky factor of a positive definite matrix.
struct Factor(Array2<f64>);

impl Solver {
    fn new(plan: &Plan) -> Result<Self> {
        let n_parts = if plan.part.iter().any(Option::is_some) { N_PARTS } else { 0 };
        Ok(Solver {
            whole: Factor::of(plan, None)?,
            without: (0..n_parts).map(|part| Factor::of(plan, Some(part))).collect::<Result<_>>()?,
        })
    }

    /// Shapley values and their standard errors. The values add up to `full - empty` exactly: the last feature takes
    /// what the others leave.
    fn solve(&self, plan: &Plan, empty: f64, full: f64, worth: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let p = plan.coalitions.ncols();
        let total = full - empty;
        let estimate = |factor: &Factor, without: Option<usize>| -> Vec<f64> {
            let mut target = vec![0.0; p - 1];
            for (((members, weight), part), v) in
                plan.coalitions.outer_iter().zip(&plan.weights).zip(&plan.part).zip(worth)
            {
                if without.is_some() && *part == without {
                    continue;
                }
                let last = f64::from(u8::from(members[p - 1]));
                let rest = weight * (v - empty - last * total);
                for (j, t) in target.iter_mut().enumerate() {
                    *t += (f64::from(u8::from(members[j])) - last) * rest;
                }
            }
            let mut phi = factor.solve(&target);
            phi.push(total - phi.iter().sum::<f64>());
            phi
        };
        let phi = estimate(&self.whole, None);
        let mut error = vec![0.0; p];
        if !self.without.is_empty() {
            let n = self.without.len() as f64;
            let parts: Vec<Vec<f64>> =
                self.without.iter().enumerate().map(|(part, factor)| estimate(factor, Some(part))).collect();
            for (j, e) in error.iter_mut().enumerate() {
                let mean = parts.iter().map(|q| q[j]).sum::<f64>() / n;
                // The jackknife over parts.
                *e = ((n - 1.0) / n * parts.iter().map(|q| (q[j] - mean).powi(2)).sum::<f64>()).sqrt();
            }
        }
        (phi, error)
    }
}

impl Factor {
    fn of(plan: &Plan, without: Option<usize>) -> Result<Self> {
        let p = plan.coalitions.ncols();
        let mut matrix = Array2::<f64>::zeros((p - 1, p - 1));
        for ((members, weight), part) in plan.coalitions.outer_iter().zip(&plan.weights).zip(&plan.part) {
            if without.is_some() && *part == without {
                continue;
            }
            let entry = |j: usize| f64::from(u8::from(members[j])) - f64::from(u8::from(members[p - 1]));
            for i in 0..p - 1 {
                for j in 0..=i {
                    matrix[[i, j]] += weight * entry(i) * entry(j);
                }
            }
        }
        for i in 0..p - 1 {
            for j in 0..=i {
                let dot: f64 = (0..j).map(|k| matrix[[i, k]] * matrix[[j, k]]).sum();
                let rest = matrix[[i, j]] - dot;
                if i == j && (rest.is_nan() || rest <= 0.0) {
                    return Err(Error::new(Code::Convergence, "the sampled coalitions do not determine the values")
                        .hint("ask for more coalitions"));
                }
                matrix[[i, j]] = if i == j { rest.sqrt() } else { rest / matrix[[j, j]] };
            }
        }
        Ok(Factor(matrix))
    }

    fn solve(&self, target: &[f64]) -> Vec<f64> {
        let (lower, n) = (&self.0, target.len());
        let mut x = target.to_vec();
        for i in 0..n {
            let dot: f64 = (0..i).map(|k| lower[[i, k]] * x[k]).sum();
            x[i] = (x[i] - dot) / lower[[i, i]];
        }
        for i in (0..n).rev() {
            let dot: f64 = (i + 1..n).map(|k| lower[[k, i]] * x[k]).sum();
            x[i] = (x[i] - dot) / lower[[i, i]];
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_visit_all_or_keep_the_mass() {
        for (p, budget) in [(1, 2), (2, 10), (6, 100), (7, 100), (20, 2088)] {
            let plan = Plan::new(p, budget, 1).unwrap();
            let mass: f64 = (1..p).map(|s| (p - 1) as f64 / (s * (p - s)) as f64).sum();
            assert!((plan.weights.iter().sum::<f64>() - mass).abs() < 1e-9, "p {p}");
            assert!(plan.weights.len() <= budget, "p {p}: {}", plan.weights.len());
            if p <= 6 {
                assert_eq!(plan.weights.len(), (1 << p) - 2);
            }
        }
        assert_eq!(Plan::new(5, 3, 1).err().unwrap().code(), Code::Parameter);
    }
}
