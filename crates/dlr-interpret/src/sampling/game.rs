//! The value of a coalition: the mean output over the background with the coalition's columns taken from the case.

use dlr_core::wide::{Wide, widest};
use dlr_core::{Attribution, Code, Error, FeatureName, FeatureTable, FittedModel, Form, Result, Rng};
use dlr_evaluation::{log_odds, probability};
use ndarray::{Array2, ArrayView1};
use std::cell::Cell;

/// On which scale outputs are averaged and explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputScale {
    /// Log odds, as linear and boosted models are explained. Probabilities are clipped at 1e-12. The default.
    #[default]
    LogOdds,
    /// Probability.
    Probability,
}

/// An attribution with the error of each value.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledAttribution {
    /// The values.
    pub attribution: Attribution,
    /// Standard error of each value from the sampling of coalitions, shape as the values; 0 where all were visited.
    pub standard_error: Array2<f64>,
}

impl SampledAttribution {
    /// The largest standard error beside the largest absolute value: a small ratio means converged. NaN where nothing
    /// contributes.
    pub fn relative_error(&self) -> f64 {
        let largest = |values: &Array2<f64>| values.iter().map(|v| v.abs()).fold(0.0, f64::max);
        largest(&self.standard_error) / largest(&self.attribution.values)
    }
}

/// Cells that a model is asked at once.
const PIECE: usize = 32_000;

type Output<'a> = Box<dyn Fn(Array2<f64>) -> Result<Vec<f64>> + 'a>;

enum Source<'a> {
    /// Rows in, outputs out.
    Any(Output<'a>),
    /// `intercept + w x`, or its probability: needs no rows to be made, and keeps log odds exact where a probability has
    /// already rounded to 1.
    Linear { intercept: f64, weights: Vec<f64>, scale: OutputScale },
}

/// A model, a background, and the cases to explain, on the columns that the model depends on.
pub(crate) struct Game<'a> {
    source: Source<'a>,
    background: Array2<f64>,
    pub(crate) names: Vec<FeatureName>,
    pub(crate) cases: Vec<String>,
    pub(crate) data: Array2<f64>,
}

impl<'a> Game<'a> {
    /// The game of a fitted model; of the background at most `max_background` rows, drawn by the seed.
    pub(crate) fn of_model(
        model: &'a dyn FittedModel,
        scale: OutputScale,
        (background, max_background): (&FeatureTable, usize),
        cases: &FeatureTable,
        seed: u64,
    ) -> Result<Self> {
        let names = model.selected();
        let mut rows: Vec<usize> = (0..background.n_cases()).collect();
        if rows.len() > max_background {
            Rng::stream(seed, 0).shuffle(&mut rows);
            rows.truncate(max_background);
            rows.sort_unstable();
        }
        let background = background.select(&names)?.rows(&rows).values().clone();
        let data = cases.select(&names)?.values().clone();
        let columns = names.clone();
        let last = Cell::new(None::<FeatureTable>);
        let ask = move |rows: Array2<f64>| -> Result<Vec<f64>> {
            // Almost every piece has as many rows as the one before, whose table then gives all but the values.
            let fits = |table: &FeatureTable| table.n_cases() == rows.nrows();
            let like = last.take().filter(fits);
            let table = match like {
                Some(like) => like.with_values(rows)?,
                None => FeatureTable::new(vec![String::new(); rows.nrows()], columns.clone(), rows)?,
            };
            last.set(Some(table.clone()));
            let scores = model.predict(&table)?;
            Ok(match scale {
                OutputScale::Probability => scores.scores().to_vec(),
                OutputScale::LogOdds => scores.scores().iter().map(|p| log_odds(*p)).collect(),
            })
        };
        let source = match model.form() {
            Form::Linear(form) => {
                let weight = |name| form.weights.iter().find(|(n, _)| n == name).map_or(0.0, |(_, w)| *w);
                Source::Linear { intercept: form.intercept, weights: names.iter().map(weight).collect(), scale }
            }
            _ => Source::Any(Box::new(ask)),
        };
        Self::checked(Game { source, background, names, cases: cases.cases().to_vec(), data })
    }

    /// The game of a plain function of rows.
    #[cfg(feature = "conformance")]
    pub(crate) fn of_function(
        output: impl Fn(Array2<f64>) -> Result<Vec<f64>> + 'a,
        background: Array2<f64>,
        cases: &FeatureTable,
    ) -> Result<Self> {
        Self::checked(Game {
            source: Source::Any(Box::new(output)),
            background,
            names: cases.names().to_vec(),
            cases: cases.cases().to_vec(),
            data: cases.values().clone(),
        })
    }

    fn checked(self) -> Result<Self> {
        if self.background.nrows() == 0 {
            return Err(Error::new(Code::Learning, "an explanation needs a background of at least one case"));
        }
        if self.names.is_empty() {
            return Err(Error::new(Code::Learning, "the model depends on no column; there is nothing to explain"));
        }
        Ok(self)
    }

    /// Makes ready to value these coalitions, shape `[n_coalitions, n_features]`, for case after case.
    pub(crate) fn prepare(&self, coalitions: Array2<bool>) -> Prepared<'_, 'a> {
        let absent = match &self.source {
            Source::Linear { intercept, weights, .. } => {
                // Weighted sums of what each background row gives to each coalition: the same for every case.
                let parts = &self.background * &ndarray::ArrayView1::from(weights.as_slice());
                let out = coalitions.mapv(|inside| if inside { 0.0 } else { 1.0 });
                Some(out.dot(&parts.t()) + *intercept)
            }
            Source::Any(_) => None,
        };
        Prepared { game: self, coalitions, absent }
    }
}

pub(crate) struct Prepared<'g, 'a> {
    game: &'g Game<'a>,
    pub(crate) coalitions: Array2<bool>,
    absent: Option<Array2<f64>>,
}

impl Prepared<'_, '_> {
    /// The value of each coalition for one case.
    pub(crate) fn values(&self, case: ArrayView1<'_, f64>) -> Result<Vec<f64>> {
        let n = self.game.background.nrows();
        match (&self.game.source, &self.absent) {
            (Source::Linear { weights, scale, .. }, Some(absent)) => {
                let of_coalition = |(inside, absent): (ArrayView1<'_, bool>, ArrayView1<'_, f64>)| {
                    let present: f64 =
                        inside.iter().zip(weights).zip(case).filter(|((i, _), _)| **i).map(|((_, w), x)| w * x).sum();
                    let total: f64 = match scale {
                        OutputScale::LogOdds => absent.iter().map(|a| present + a).sum(),
                        OutputScale::Probability => absent.iter().map(|a| probability(present + a)).sum(),
                    };
                    total / n as f64
                };
                Ok(self.coalitions.outer_iter().zip(absent.outer_iter()).map(of_coalition).collect())
            }
            (Source::Any(output), _) => self.ask(output, case),
            (Source::Linear { .. }, None) => unreachable!("a linear game is prepared with its background part"),
        }
    }

    fn ask(&self, output: &Output<'_>, case: ArrayView1<'_, f64>) -> Result<Vec<f64>> {
        let (n, p) = self.game.background.dim();
        let mut values = Vec::with_capacity(self.coalitions.nrows());
        // Pieces of about 256 kB: what a model copies of them stays in the cache of a core.
        let per_piece = (PIECE / (n * p)).max(1);
        let background = self.game.background.as_standard_layout();
        let background = background.as_slice().expect("it is in standard layout");
        // As many rows side by side as fill registers of eight without a rest.
        let n_repeats = 8 >> (p.trailing_zeros().min(3));
        let case: Vec<u64> = case.iter().map(|v| v.to_bits()).collect::<Vec<_>>().repeat(n_repeats);
        for piece in self.coalitions.axis_chunks_iter(ndarray::Axis(0), per_piece) {
            let mut rows = vec![0.0; piece.nrows() * n * p];
            for (inside, block) in piece.outer_iter().zip(rows.chunks_exact_mut(n * p)) {
                let from_case = inside.iter().map(|inside| if *inside { u64::MAX } else { 0 });
                let from_case = from_case.collect::<Vec<_>>().repeat(n_repeats);
                widest(Mix { background, case: &case, from_case: &from_case, block });
            }
            let rows = Array2::from_shape_vec((piece.nrows() * n, p), rows).expect("every row has p columns");
            let outputs = output(rows)?;
            values.extend(outputs.chunks_exact(n).map(|block| block.iter().sum::<f64>() / n as f64));
        }
        Ok(values)
    }
}

/// The background with some columns taken from the case.
struct Mix<'a> {
    background: &'a [f64],
    /// The case's values as bits, repeated for some rows.
    case: &'a [u64],
    /// All bits set for a column of the case, repeated likewise.
    from_case: &'a [u64],
    block: &'a mut [f64],
}

impl Wide for Mix<'_> {
    type Output = ();

    /// Chosen bit by bit, without a branch for each cell.
    #[inline(always)]
    fn run(self) {
        let n = self.case.len();
        for (rows, to) in self.background.chunks(n).zip(self.block.chunks_mut(n)) {
            let chosen = self.case.iter().zip(self.from_case);
            for ((to, row), (case, mask)) in to.iter_mut().zip(rows).zip(chosen) {
                *to = f64::from_bits((case & mask) | (row.to_bits() & !mask));
            }
        }
    }
}
