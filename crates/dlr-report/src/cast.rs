//! [`Cast`]: the models that one figure or table shows together. Six lines can be told apart, twenty-two cannot, and a
//! table of twenty-two columns fits no paper: the declared models come first, the others after them, six at a time.

use crate::data::{ModelResult, Report, Setting};
use crate::legend::{Legend, results, setting_label, setting_slug};

const MOST: usize = 6;

/// Some models of a setting.
#[derive(Debug, Clone)]
pub(crate) struct Cast<'a> {
    pub(crate) setting: Setting,
    pub(crate) results: Vec<&'a ModelResult>,
    /// Whether these stand beside the declared models, in a folded part.
    pub(crate) is_aside: bool,
    /// From 1.
    number: usize,
    /// From 1, among those that stand where this one does, and how many these are.
    place: (usize, usize),
}

impl<'a> Cast<'a> {
    /// The casts of a setting: the models that are told and the baselines, then the others. One, where there are few.
    pub(crate) fn all(report: &'a Report, legend: &Legend, setting: Setting) -> Vec<Cast<'a>> {
        let is_model = |m: &&ModelResult| report.models.iter().any(|of| of.name == m.name);
        let mut groups: Vec<(bool, Vec<&ModelResult>)> = Vec::new();
        for is_aside in [false, true] {
            let of = || results(report, setting).filter(|m| legend.is_told(&m.name) != is_aside);
            let models: Vec<_> = of().filter(is_model).collect();
            let baselines: Vec<_> = of().filter(|m| !is_model(m)).collect();
            let mut chunks: Vec<Vec<_>> = models.chunks(MOST).map(<[_]>::to_vec).collect();
            match chunks.first_mut() {
                Some(first) => first.extend(baselines),
                None if !baselines.is_empty() => chunks.push(baselines),
                None => {}
            }
            groups.extend(chunks.into_iter().map(|chunk| (is_aside, chunk)));
        }
        let n_told = groups.iter().filter(|(is_aside, _)| !is_aside).count();
        let n_aside = groups.len() - n_told;
        let cast = |((is_aside, results), number): ((bool, Vec<_>), usize)| {
            let place = if is_aside { (number - n_told, n_aside) } else { (number, n_told) };
            Cast { setting, results, is_aside, number, place }
        };
        groups.into_iter().zip(1..).map(cast).collect()
    }

    /// A file stem that no other cast has.
    pub(crate) fn name(&self, stem: &str) -> String {
        let setting = setting_slug(self.setting);
        if self.number == 1 { format!("{stem}-{setting}") } else { format!("{stem}-{setting}-{}", self.number) }
    }

    /// A title that no other cast has.
    pub(crate) fn title(&self, what: &str) -> String {
        let setting = setting_label(self.setting);
        let others = if self.is_aside { ": other models" } else { "" };
        match self.place {
            (_, 1) => format!("{what}, {setting}{others}"),
            (place, n) => format!("{what}, {setting}{others} ({place} of {n})"),
        }
    }
}
