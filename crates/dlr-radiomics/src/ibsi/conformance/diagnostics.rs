//! What an image and a region look like after each step, for the diagnostic rows of the teams: sizes, spacings, counts
//! and intensities.

use super::super::{region, resample::resample_whole};
use crate::ibsi::IbsiParams;
use dlr_core::{Geometry, IndexBox, Mask, Result, Roi, Volume};
use std::collections::BTreeMap;

/// Values by the teams' tag, for example `vox_dim_x_interp_img`.
pub(super) fn diagnostics(image: &Volume, mask: &Mask, params: &IbsiParams) -> Result<BTreeMap<String, f64>> {
    let mut values = BTreeMap::new();
    of_image(&mut values, image, "init_img");
    of_roi(&mut values, image, mask, mask, "init_roi")?;
    let (image, mask) = resample_whole(image, mask, params.resampling)?;
    of_image(&mut values, &image, "interp_img");
    of_roi(&mut values, &image, &mask, &mask, "interp_roi")?;
    let mut kept = mask.voxels().to_owned();
    region::resegment(image.to_f64().view(), &mut kept, params);
    of_roi(&mut values, &image, &mask, &Mask::new(*mask.geometry(), kept)?, "reseg_roi")?;
    Ok(values)
}

const AXES: [(&str, usize); 3] = [("x", 2), ("y", 1), ("z", 0)];

fn of_image(values: &mut BTreeMap<String, f64>, image: &Volume, stage: &str) {
    let geometry: &Geometry = image.geometry();
    for (axis, a) in AXES {
        values.insert(format!("img_dim_{axis}_{stage}"), geometry.shape()[a] as f64);
        values.insert(format!("vox_dim_{axis}_{stage}"), geometry.spacing_mm()[a]);
    }
    let voxels = image.to_f64();
    intensities(values, "int", stage, voxels.iter().copied());
}

fn intensities(values: &mut BTreeMap<String, f64>, what: &str, stage: &str, of: impl Iterator<Item = f64> + Clone) {
    let name =
        |part: &str| if what == "int" { format!("{part}_int_{stage}") } else { format!("{what}_{part}_int_{stage}") };
    let n = of.clone().count() as f64;
    values.insert(name("mean"), of.clone().sum::<f64>() / n);
    values.insert(name("min"), of.clone().fold(f64::INFINITY, f64::min));
    values.insert(name("max"), of.fold(f64::NEG_INFINITY, f64::max));
}

fn of_roi(
    values: &mut BTreeMap<String, f64>,
    image: &Volume,
    morphological: &Mask,
    intensity: &Mask,
    stage: &str,
) -> Result<()> {
    for (axis, a) in AXES {
        values.insert(format!("int_mask_dim_{axis}_{stage}"), intensity.geometry().shape()[a] as f64);
    }
    for (what, mask) in [("int_mask", intensity), ("morph_mask", morphological)] {
        let size = mask.bounding_box().map_or([0; 3], |b: IndexBox| b.shape());
        for (axis, a) in AXES {
            values.insert(format!("{what}_bb_dim_{axis}_{stage}"), size[a] as f64);
        }
        values.insert(format!("{what}_vox_count_{stage}"), mask.n_voxels() as f64);
    }
    let inside = Roi::new(image, intensity)?.intensities();
    intensities(values, "int_mask", stage, inside.iter().copied());
    Ok(())
}
