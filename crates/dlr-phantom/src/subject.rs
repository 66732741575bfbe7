//! [`Subject`]: one examination of the plan, with everything that is known of it before its image is made.

use crate::{
    latent::{Latent, LatentSet, Latents},
    scanner::Scanner,
};
use dlr_core::{CaseRecord, Role, Value};
use std::collections::BTreeMap;

/// Where the tumour is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// Lower limb.
    Lower,
    /// Upper limb.
    Upper,
    /// Trunk.
    Trunk,
}

impl Site {
    /// Every site.
    pub const ALL: [Site; 3] = [Site::Lower, Site::Upper, Site::Trunk];

    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Site::Lower => "lower",
            Site::Upper => "upper",
            Site::Trunk => "trunk",
        }
    }

    /// How often it occurs in a class.
    pub(crate) fn probability(self, is_high: bool) -> f64 {
        match (self, is_high) {
            (Site::Lower, true) => 0.72,
            (Site::Lower, false) => 0.68,
            (Site::Upper, true) => 0.12,
            (Site::Upper, false) => 0.14,
            (Site::Trunk, true) => 0.16,
            (Site::Trunk, false) => 0.18,
        }
    }
}

/// One examination. The image is made from `latents` and the nuisances alone, never from the label.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// Identifier of the examination.
    pub id: String,
    /// The patient.
    pub patient: String,
    /// Train or external.
    pub role: Role,
    /// The scanner, whose name is the centre's.
    pub scanner: Scanner,
    /// The true grade.
    pub is_high: bool,
    /// The grade that the cohort is told: false where biopsy missed a high grade.
    pub label: bool,
    /// What grade changes in the image.
    pub latents: Latents,
    /// Distance of the class means of the latents in this cohort.
    pub deltas: Latents,
    /// Where the tumour is.
    pub site: Site,
    /// Years.
    pub age: f64,
    /// Sex, without effect.
    pub is_female: bool,
    /// Superficial to the fascia, as the table says; without effect on the image.
    pub is_superficial: bool,
    /// A bright mark stands in the corner of the image.
    pub has_mark: bool,
    /// Whether the readers drew the oedema.
    pub has_oedema_contour: bool,
    /// How much larger tumours of the trunk are here, in units of the size latent.
    pub(crate) trunk_offset: f64,
    /// Brightness of the tumour beyond what was drawn, in standard deviations of its logarithm.
    pub(crate) base_offset: f64,
    /// The same of the oedema.
    pub(crate) ae_offset: f64,
    /// Whether site and age go with the label here.
    pub(crate) has_clinical_signal: bool,
    /// Seed of anatomy and lesion.
    pub(crate) patient_seed: u64,
    /// Seed of noise, bias and readers.
    pub(crate) scan_seed: u64,
}

impl Subject {
    /// How much the mean of a latent is moved at this site, in both classes.
    pub fn site_offset(&self, latent: Latent) -> f64 {
        if latent == Latent::Size && self.site == Site::Trunk { self.trunk_offset } else { 0.0 }
    }

    /// Log-likelihood ratio, high against low, of the latents of a set: `sum of delta * (z - offset of the site)`.
    ///
    /// The class means lie symmetrically around 0, so nothing else is left of the two normal densities.
    pub fn llr(&self, set: LatentSet) -> f64 {
        set.latents().iter().map(|l| self.deltas.get(*l) * (self.latents.get(*l) - self.site_offset(*l))).sum()
    }

    /// The ratio of the image and of what the clinical table adds: site and age.
    pub fn llr_clinical(&self) -> f64 {
        let image = self.llr(LatentSet::All);
        if !self.has_clinical_signal {
            return image;
        }
        let site = (self.site.probability(true) / self.site.probability(false)).ln();
        let age = ((self.age - AGE_LOW).powi(2) - (self.age - AGE_HIGH).powi(2)) / (2.0 * AGE_SD * AGE_SD);
        image + site + age
    }

    /// What the cohort knows of the case.
    pub fn record(&self) -> CaseRecord {
        CaseRecord {
            id: self.id.clone(),
            patient: self.patient.clone(),
            role: self.role,
            center: self.scanner.name.into(),
            label: Some(self.label),
            clinical: self.clinical(),
        }
    }

    /// Age, sex, site and depth, as a hospital's table has them.
    pub fn clinical(&self) -> BTreeMap<String, Value> {
        let text = |word: &str| Value::Text(word.into());
        BTreeMap::from([
            ("age".into(), Value::Number(self.age)),
            ("sex".into(), text(if self.is_female { "F" } else { "M" })),
            ("site".into(), text(self.site.as_str())),
            ("depth".into(), text(if self.is_superficial { "superficial" } else { "deep" })),
        ])
    }
}

/// Mean age of low grade.
pub(crate) const AGE_LOW: f64 = 54.0;
/// Mean age of high grade.
pub(crate) const AGE_HIGH: f64 = 58.0;
/// Its standard deviation.
pub(crate) const AGE_SD: f64 = 16.0;
