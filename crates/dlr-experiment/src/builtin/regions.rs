//! The image steps of `dlr-imaging` that make regions, made from the keys of an experiment file.

use super::door::Door;
use super::image::{Keys, add, body, within};
use crate::registry::Shelf;
use dlr_core::{Code, Error, ImageStep, Result};
use dlr_imaging::{
    regions::{BodyParams, PerturbParams, RegionExpression},
    steps::{Body, Masks, Perturb, Ring},
};
use serde::{Deserialize, Serialize};

/// Adds every step under its name.
pub(super) fn register(shelf: &mut Shelf<dyn ImageStep>) {
    add::<BodyKeys>(shelf, "body");
    add::<RingKeys>(shelf, "ring");
    add::<MasksKeys>(shelf, "masks");
    add::<PerturbKeys>(shelf, "perturb");
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `name` | `body` | | the mask that is made |
/// | `threshold` | none | intensity | body is above it; none finds it from the image |
/// | `closing_mm` | 0 | mm | closes gaps in the skin before holes are filled |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyKeys {
    #[serde(default = "body")]
    name: String,
    threshold: Option<f64>,
    #[serde(default)]
    closing_mm: f64,
}

impl Keys for BodyKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        let door = Door("body");
        if let Some(threshold) = self.threshold {
            door.finite("threshold", threshold, "in intensities; without it the threshold is found from each image")?;
        }
        door.not_negative(
            "closing_mm",
            self.closing_mm,
            "the width of the gaps in the skin that are closed; 0 closes none",
        )?;
        let params = BodyParams { threshold: self.threshold, closing_mm: self.closing_mm };
        Ok(Box::new(Body { name: self.name, params }))
    }
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `name` | `peri` | | the mask that is made |
/// | `of` | `mass` | | the region in the middle |
/// | `from_mm`, `to_mm` | 0, 10 | mm | distance from the region: above the first, up to the second |
/// | `within` | `body` | | the mask that the ring is cut at; `image` for none |
/// | `minus` | `[]` | | masks that are taken out |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RingKeys {
    name: String,
    of: String,
    from_mm: f64,
    to_mm: f64,
    within: String,
    minus: Vec<String>,
}

impl Default for RingKeys {
    fn default() -> Self {
        RingKeys {
            name: "peri".into(),
            of: "mass".into(),
            from_mm: 0.0,
            to_mm: 10.0,
            within: body(),
            minus: Vec::new(),
        }
    }
}

impl Keys for RingKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        let RingKeys { name, of, from_mm, to_mm, within: at, minus } = self;
        if !(from_mm.is_finite() && to_mm.is_finite() && from_mm < to_mm) {
            return Err(Error::new(Code::Parameter, format!("`from_mm` of ring `{name}` is not below its `to_mm`"))
                .expected("two distances in mm, the first below the second")
                .found(format!("{from_mm} and {to_mm}"))
                .hint("distances inside the region are below 0"));
        }
        Ok(Box::new(Ring { name, around: of, from_mm, to_mm, within: within(at), minus }))
    }
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `name` | | | the mask that is made |
/// | `expression` | | | what it is: `edema - mass`, `ring(mass, 0, 10) & body` |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MasksKeys {
    name: String,
    expression: String,
}

impl Keys for MasksKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        Ok(Box::new(Masks { name: self.name, expression: RegionExpression::parse(&self.expression)? }))
    }
}

/// | key | default | unit | meaning |
/// |---|---|---|---|
/// | `of` | `mass` | | the mask that is redrawn |
/// | `name` | as `of` | | the mask that is made |
/// | `translation_mm` | 1.0 | mm | each axis moves by a uniform draw of plus or minus this |
/// | `growth_mm` | 1.5 | mm | dilation or erosion by a uniform draw of plus or minus this |
/// | `contour_sd_mm` | 1.0 | mm | standard deviation of the contour's displacement |
/// | `contour_length_mm` | 15.0 | mm | distance over which displacements are alike |
/// | `seed` | 0 | | another seed is another reader |
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PerturbKeys {
    of: String,
    name: Option<String>,
    translation_mm: f64,
    growth_mm: f64,
    contour_sd_mm: f64,
    contour_length_mm: f64,
    seed: u64,
}

impl Default for PerturbKeys {
    fn default() -> Self {
        let usual = PerturbParams::default();
        let PerturbParams { translation_mm, growth_mm, contour_sd_mm, contour_length_mm } = usual;
        let of = "mass".into();
        PerturbKeys { of, name: None, translation_mm, growth_mm, contour_sd_mm, contour_length_mm, seed: 0 }
    }
}

impl Keys for PerturbKeys {
    fn step(self) -> Result<Box<dyn ImageStep>> {
        let PerturbKeys { of, name, translation_mm, growth_mm, contour_sd_mm, contour_length_mm, seed } = self;
        let door = Door("perturb");
        for (key, mm) in
            [("translation_mm", translation_mm), ("growth_mm", growth_mm), ("contour_sd_mm", contour_sd_mm)]
        {
            door.not_negative(key, mm, "how far a second reader may be away, in mm; 0 changes nothing")?;
        }
        door.positive("contour_length_mm", contour_length_mm, "the distance over which a contour moves as one, in mm")?;
        let params = PerturbParams { translation_mm, growth_mm, contour_sd_mm, contour_length_mm };
        Ok(Box::new(Perturb { name: name.unwrap_or_else(|| of.clone()), of, params, seed }))
    }
}
