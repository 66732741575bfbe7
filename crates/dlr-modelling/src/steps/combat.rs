//! [`Combat`]: centre effects taken off as a step, by what was learned on the training rows.

use super::{finite_columns, matching, must_be_finite, wrong_parameter};
use crate::harmonise::{CombatFit, CombatMode, fit_combat};
use crate::linalg::Columns;
use dlr_core::{
    Code, Error, FeatureName, FeatureTable, FittedTableStep, Frozen, LinearForm, Result, TableStep, TrainSet,
};
use serde::{Deserialize, Serialize};

/// What becomes of a row whose centre was not among the training rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnseenCentre {
    /// An error that names the centre and the case.
    #[default]
    Refuse,
    /// The row stays as it is: its centre is taken to be like the mean of the training centres (or the reference).
    Unchanged,
}

/// ComBat on the centre of each row (Johnson, Li and Rabinovic 2007; [`crate::harmonise`]).
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `mode` | `parametric` | `parametric`, `nonparametric`, `mean-only`, `no-eb` | how effects are estimated |
/// | `reference` | none | a training centre | its rows stay as they are, the others are brought to it; must be in every fold |
/// | `unseen` | `refuse` | `refuse`, `unchanged` | rows of a centre that was not learned from |
///
/// The centre comes with the table ([`FeatureTable::centers`]), for training rows and for rows to be predicted. Nothing
/// is estimated from rows to be predicted: a row does not depend on the rows beside it, so an external centre cannot be
/// harmonised, only refused or left. The label is never kept as a covariate: it would not be known at prediction.
/// Effects on location and scale are of each centre, so there is no linear form behind this step. Where centre and label
/// go together, taking the centre off takes part of the label off too.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Combat {
    /// How effects are estimated.
    pub mode: CombatMode,
    /// Whose rows stay as they are.
    pub reference: Option<String>,
    /// What becomes of rows of other centres.
    pub unseen: UnseenCentre,
}

impl TableStep for Combat {
    fn fit(&self, train: &TrainSet, _seed: u64) -> Result<Box<dyn FittedTableStep>> {
        if self.reference.as_ref().is_some_and(String::is_empty) {
            return Err(wrong_parameter("reference", "empty", "the name of a centre"));
        }
        let x = finite_columns(train)?;
        let centers: Vec<String> = train.cohort().rows().iter().map(|row| row.center.clone()).collect();
        let varies_within = |j: usize| {
            let mut first: std::collections::BTreeMap<&str, f64> = Default::default();
            x.column(j).iter().zip(&centers).any(|(v, c)| *first.entry(c).or_insert(*v) != *v)
        };
        if let Some(j) = (0..x.n_columns()).find(|j| !varies_within(*j)) {
            let text = format!("column `{}` does not vary within any centre", train.names()[j]);
            return Err(Error::new(Code::Learning, text).hint("put the step `variance` before `combat`"));
        }
        let none = Columns::from_rows(ndarray::Array2::zeros((x.n_rows(), 0)).view());
        let effects = fit_combat(&x, &centers, &none, self.mode, self.reference.as_deref())?;
        Ok(Box::new(FittedCombat { names: train.names().to_vec(), effects, unseen: self.unseen }))
    }
}

/// A fitted [`Combat`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FittedCombat {
    /// The columns.
    pub names: Vec<FeatureName>,
    /// What was learned of each centre.
    pub effects: CombatFit,
    /// What becomes of rows of other centres.
    pub unseen: UnseenCentre,
}

impl FittedCombat {
    /// The name under which it freezes.
    pub const KIND: &'static str = "combat";

    /// The centre of each row among those that were learned from; `None` for a row that stays as it is.
    fn batches(&self, table: &FeatureTable) -> Result<Vec<Option<usize>>> {
        let unknown = |case: &str, fact: String| {
            Error::new(Code::Learning, fact)
                .expected(self.effects.batches.join(", "))
                .hint("`unseen = \"unchanged\"` leaves such rows as they are")
                .for_case(case)
        };
        let Some(centers) = table.centers() else {
            return match (self.unseen, table.cases().first()) {
                (UnseenCentre::Refuse, Some(case)) => {
                    Err(unknown(case, "the table does not say which centre its rows come from".into()))
                }
                _ => Ok(vec![None; table.n_cases()]),
            };
        };
        let of_row = |(case, center): (&String, &String)| match (self.effects.batch(center), self.unseen) {
            (None, UnseenCentre::Refuse) => {
                Err(unknown(case, format!("centre `{center}` was not among the training rows of ComBat")))
            }
            (batch, _) => Ok(batch),
        };
        table.cases().iter().zip(centers).map(of_row).collect()
    }
}

impl FittedTableStep for FittedCombat {
    fn apply(&self, table: &FeatureTable) -> Result<FeatureTable> {
        let table = matching(table, &self.names)?;
        must_be_finite(&table, "a missing value must be imputed before `combat`")?;
        let mut values = table.values().clone();
        for (mut row, batch) in values.outer_iter_mut().zip(self.batches(&table)?) {
            let Some(batch) = batch else { continue };
            row.iter_mut().enumerate().for_each(|(j, v)| *v = self.effects.value(*v, j, batch, &[]));
        }
        table.with_values(values)
    }

    fn pull_back(&self, form: LinearForm) -> Option<LinearForm> {
        form.weights.is_empty().then_some(form)
    }

    fn freeze(&self) -> Result<Frozen> {
        Frozen::new(Self::KIND, self)
    }

    fn summary(&self) -> String {
        let largest = |effects: &[Vec<f64>]| effects.iter().flatten().fold(0.0_f64, |m, v| m.max(v.abs()));
        format!(
            "combat: {} columns, centres {}; largest shift {:.2} standard deviations",
            self.names.len(),
            self.effects.batches.join(", "),
            largest(&self.effects.location)
        )
    }
}
