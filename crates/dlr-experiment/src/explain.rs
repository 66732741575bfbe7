//! The explainer of a fitted model, by its form: exact for sums and trees, sampled with an error for anything else.
//!
//! Each of them asserts that contributions add up to the prediction, and refuses to give any that do not.

use crate::config::ShapSection;
use dlr_core::{
    Attribution, Code, Error, Explainer, FeatureName, FeatureTable, FittedModel, Form, Frozen, Predictions, Result,
    TreeScale,
};
use dlr_interpret::{
    InteractionStrength, KernelShap, LinearConvention, LinearShap, PermutationShap, TreeConvention, TreeShap,
    interaction_strength, local_accuracy,
};
use ndarray::{Array1, Array2};
use std::collections::HashMap;

/// With more features, not every coalition can be asked.
const MAX_EXACT: usize = 8;
/// Rows that an opaque model is asked for one case, at most (two permutations are always made).
const MAX_ROWS: usize = 20_000;
/// Cells of these rows, at most, where a model wants every column of its pipeline and not only those it depends on.
const MAX_CELLS: usize = 4_000_000;
/// Background rows of sampled explanations, at most.
const MAX_BACKGROUND: usize = 30;
/// Exact contributions may miss the prediction by this probability.
const EXACT: f64 = 1e-9;
/// Sampled contributions may miss the prediction by this probability: the log odds are clipped and sums are rounded.
const TOLERANCE: f64 = 1e-6;

/// An explanation, and how it was made.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The contributions.
    pub attribution: Attribution,
    /// How.
    pub method: Method,
    /// Whether contributions add up to a probability; else to log odds.
    pub on_probability: bool,
    /// Largest standard error beside the largest contribution; 0 where nothing was sampled.
    pub relative_error: f64,
    /// How strongly pairs of columns act together, where that was asked for and the model is a sum of trees.
    pub interactions: Vec<InteractionStrength>,
}

/// How a model was explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Of a linear form.
    Linear(LinearConvention),
    /// Exact, of a sum of trees.
    Tree(TreeConvention),
    /// Every coalition of the columns.
    Kernel,
    /// Random orders of the columns.
    Permutation,
}

impl Method {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Method::Linear(LinearConvention::Interventional) => "exact linear SHAP (interventional)",
            Method::Linear(LinearConvention::CorrelationDependent) => "linear SHAP (correlation-dependent)",
            Method::Tree(TreeConvention::Interventional) => "exact TreeSHAP (interventional)",
            Method::Tree(TreeConvention::PathDependent) => "exact TreeSHAP (path-dependent)",
            Method::Kernel => "KernelSHAP over every coalition",
            Method::Permutation => "permutation SHAP",
        }
    }
}

/// Whether a model's own form can be explained without sampling.
pub(crate) fn is_exact(model: &dyn FittedModel) -> bool {
    !matches!(model.form(), Form::Opaque)
}

/// Explains the rows of `cases` against `background`; `None` for a model that depends on no column, or on the centre too.
/// The conventions are those of linear models and of trees; any other model is asked with features drawn from the
/// background.
///
/// # Errors
/// Those of the explainer; [`dlr_core::Code::Contract`] where contributions do not add up to the prediction.
pub(crate) fn explain(
    model: &dyn FittedModel,
    background: &FeatureTable,
    cases: &FeatureTable,
    asked: ShapSection,
    seed: u64,
) -> Result<Option<Explained>> {
    match model.form() {
        Form::Linear(_) => {
            let shap = LinearShap { convention: asked.linear };
            Ok(Some(Explained {
                attribution: shap.explain(model, background, cases, seed)?,
                method: Method::Linear(asked.linear),
                on_probability: false,
                relative_error: 0.0,
                interactions: Vec::new(),
            }))
        }
        Form::Trees(ensemble) => {
            let on_probability = ensemble.scale == TreeScale::Probability;
            let predicted = model.predict(cases)?;
            let shap = TreeShap { convention: asked.trees };
            let attribution = shap.explain_ensemble(&ensemble, background, cases)?;
            local_accuracy(&attribution, predicted.scores(), on_probability, EXACT)?;
            let interactions = if asked.interactions { interaction_strength(&ensemble, cases)? } else { Vec::new() };
            let method = Method::Tree(asked.trees);
            Ok(Some(Explained { attribution, method, on_probability, relative_error: 0.0, interactions }))
        }
        Form::Opaque => opaque(model, background, cases, seed),
    }
}

fn opaque(
    model: &dyn FittedModel,
    background: &FeatureTable,
    cases: &FeatureTable,
    seed: u64,
) -> Result<Option<Explained>> {
    if model.selected().is_empty() {
        return Ok(None);
    }
    if asks_for_centre(model, cases)? || asks_for_centre(model, background)? {
        return Ok(None);
    }
    let selected = model.selected();
    let whole;
    let (asked, n_columns) = if model.predict(&cases.select(&selected)?).is_ok() {
        (model, selected.len())
    } else {
        whole = Whole::of(model, background)?;
        (&whole as &dyn FittedModel, background.n_features())
    };
    let p = selected.len();
    let n_rows = MAX_ROWS.min(MAX_CELLS / n_columns);
    let max_background = (n_rows / (4 * p)).clamp(5, MAX_BACKGROUND);
    let (sampled, method) = match p {
        2..=MAX_EXACT => {
            let shap = KernelShap { max_background, ..KernelShap::default() };
            (shap.explain_with_error(asked, background, cases, seed)?, Method::Kernel)
        }
        _ => {
            let n_permutations = (n_rows / (2 * p * max_background)).clamp(2, 50);
            let shap = PermutationShap { n_permutations, max_background, ..PermutationShap::default() };
            (shap.explain_with_error(asked, background, cases, seed)?, Method::Permutation)
        }
    };
    local_accuracy(&sampled.attribution, model.predict(cases)?.scores(), false, TOLERANCE)?;
    let relative_error =
        if sampled.attribution.values.iter().all(|v| *v == 0.0) { 0.0 } else { sampled.relative_error() };
    let attribution = sampled.attribution;
    Ok(Some(Explained { attribution, method, on_probability: false, relative_error, interactions: Vec::new() }))
}

/// Whether rows are predicted otherwise, or not at all, without their centres: a pipeline with ComBat is no function of
/// the columns alone.
fn asks_for_centre(model: &dyn FittedModel, table: &FeatureTable) -> Result<bool> {
    if table.centers().is_none() {
        return Ok(false);
    }
    let without = FeatureTable::new(table.cases().to_vec(), table.names().to_vec(), table.values().clone())?;
    let Ok(without) = model.predict(&without) else { return Ok(true) };
    Ok(without.scores() != model.predict(table)?.scores())
}

/// A pipeline whose first steps want columns that a later step drops: it is given the background's first row in them, on
/// which nothing depends.
struct Whole<'a> {
    model: &'a dyn FittedModel,
    names: &'a [FeatureName],
    row: Array1<f64>,
}

impl<'a> Whole<'a> {
    fn of(model: &'a dyn FittedModel, background: &'a FeatureTable) -> Result<Self> {
        let row = background.values().outer_iter().next().map(|row| row.to_owned());
        let none = || Error::new(Code::Learning, "an explanation needs a background of at least one case");
        Ok(Whole { model, names: background.names(), row: row.ok_or_else(none)? })
    }
}

impl FittedModel for Whole<'_> {
    fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
        let mut values = Array2::from_shape_fn((table.n_cases(), self.names.len()), |(_, column)| self.row[column]);
        let position: HashMap<&FeatureName, usize> = self.names.iter().enumerate().map(|(i, n)| (n, i)).collect();
        for (name, given) in table.names().iter().zip(table.values().columns()) {
            if let Some(column) = position.get(name) {
                values.column_mut(*column).assign(&given);
            }
        }
        self.model.predict(&FeatureTable::new(table.cases().to_vec(), self.names.to_vec(), values)?)
    }

    fn selected(&self) -> Vec<FeatureName> {
        self.model.selected()
    }

    fn freeze(&self) -> Result<Frozen> {
        self.model.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::conformance::sample_dataset;

    /// Predicts by a rule of the first two columns; says that it is opaque.
    struct Rule {
        columns: Vec<FeatureName>,
        lies: bool,
    }

    impl FittedModel for Rule {
        fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
            let columns = table.select(&self.columns)?;
            // What a lying model says depends on how many rows it is shown.
            let shift = if self.lies { table.n_cases() as f64 / 1000.0 } else { 0.0 };
            let score = |row: ndarray::ArrayView1<'_, f64>| 1.0 / (1.0 + (-(row[0] * row[1].tanh() + shift)).exp());
            let scores = columns.values().outer_iter().map(score).collect();
            Predictions::new(table.cases().to_vec(), scores)
        }

        fn selected(&self) -> Vec<FeatureName> {
            self.columns.clone()
        }

        fn freeze(&self) -> Result<Frozen> {
            Frozen::new("rule", &0)
        }
    }

    #[test]
    fn an_opaque_model_is_explained_and_one_that_does_not_add_up_is_refused() {
        let (train, _) = sample_dataset(3).split_roles().unwrap();
        let columns = train.names()[4..6].to_vec();
        let honest = Rule { columns: columns.clone(), lies: false };
        let explained = explain(&honest, train.table(), train.table(), ShapSection::default(), 1).unwrap().unwrap();
        assert_eq!((explained.method, explained.relative_error), (Method::Kernel, 0.0));
        assert_eq!(explained.attribution.names, columns);
        let liar = Rule { columns, lies: true };
        assert_eq!(
            explain(&liar, train.table(), train.table(), ShapSection::default(), 1).unwrap_err().code(),
            Code::Contract
        );
        let empty = Rule { columns: Vec::new(), lies: false };
        assert!(explain(&empty, train.table(), train.table(), ShapSection::default(), 1).unwrap().is_none());
    }

    #[test]
    fn many_columns_are_sampled_and_the_error_is_told() {
        let (train, _) = sample_dataset(3).split_roles().unwrap();
        let names: Vec<FeatureName> = (0..14).map(|i| format!("intra_o_f_x{i}").parse().unwrap()).collect();
        let values =
            ndarray::Array2::from_shape_fn((train.n_cases(), 14), |(i, j)| ((i * 7 + j * 3) % 11) as f64 / 5.0 - 1.0);
        let table = FeatureTable::new(train.table().cases().to_vec(), names.clone(), values).unwrap();
        let model = Rule { columns: names, lies: false };
        let explained = explain(&model, &table, &table.rows(&[0, 1]), ShapSection::default(), 1).unwrap().unwrap();
        assert_eq!(explained.method, Method::Permutation);
        assert!(explained.relative_error > 0.0 && explained.relative_error < 0.5, "{}", explained.relative_error);
    }

    /// Wants every column of the sample, and depends on two.
    struct Greedy(Rule, usize);

    impl FittedModel for Greedy {
        fn predict(&self, table: &FeatureTable) -> Result<Predictions> {
            match table.n_features() {
                n if n == self.1 => self.0.predict(table),
                n => Err(Error::new(Code::TableMismatch, "a column is missing").expected(self.1).found(n)),
            }
        }

        fn selected(&self) -> Vec<FeatureName> {
            self.0.selected()
        }

        fn freeze(&self) -> Result<Frozen> {
            self.0.freeze()
        }
    }

    #[test]
    fn a_model_that_wants_every_column_is_explained_by_those_it_depends_on() {
        let (train, _) = sample_dataset(3).split_roles().unwrap();
        let rule = || Rule { columns: train.names()[4..6].to_vec(), lies: false };
        let greedy = Greedy(rule(), train.names().len());
        let of = |model: &dyn FittedModel| {
            explain(model, train.table(), train.table(), ShapSection::default(), 1).unwrap().unwrap().attribution
        };
        let (found, expected) = (of(&greedy), of(&rule()));
        assert_eq!(found.names, expected.names);
        assert!(found.values.iter().zip(&expected.values).all(|(a, b)| (a - b).abs() < 1e-12));
    }
}
