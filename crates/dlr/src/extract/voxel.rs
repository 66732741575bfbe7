//! Voxel-wise maps as NIfTI files, one per feature, written while they are computed: memory does not grow with the
//! number of features.

use super::measure::region_for;
use super::{Engine, Labels, Measured, Work};
use dlr_core::{Code, Error, FeatureName, Geometry, Mask, Result, Volume};
use dlr_io::VolumeWriter;
use dlr_radiomics::pyradiomics::{MapBatch, VoxelMaps};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Writes the maps of all works into `folder`, named `[ID_][label3_][roi_]original_glcm_Contrast.nii.gz`. `has_ids`
/// says whether names begin with the case. The answers have errors and notes, and no rows.
///
/// # Errors
/// [`Code::Parameter`] for a profile without maps, [`Code::FileWrite`] where the folder cannot be made.
pub fn write_maps(
    works: &[Work],
    engine: &Engine,
    folder: &Path,
    has_ids: bool,
    done: &(dyn Fn(&str) + Sync),
) -> Result<Vec<Measured>> {
    let Engine::Pyradiomics(_) = engine else {
        return Err(Error::new(Code::Parameter, "voxel-wise maps are of the profile `pyradiomics`")
            .found(format!("profile `{}`", engine.profile_name())));
    };
    dlr_io::make_folder(folder)?;
    let each = |work: &Work| {
        let mut measured = Measured::default();
        let id = if has_ids { format!("{}_", work.id) } else { String::new() };
        if let Err(error) = maps_of(work, engine, folder, &id, &mut measured) {
            measured.errors.push(error);
        }
        measured.errors = measured.errors.into_iter().map(|e| e.for_case(&work.id)).collect();
        done(&work.id);
        measured
    };
    // Case after case: each is parallel within, and one case of maps in memory is enough.
    Ok(works.iter().map(each).collect())
}

fn maps_of(work: &Work, engine: &Engine, folder: &Path, id: &str, measured: &mut Measured) -> Result<()> {
    let Labels::One(selection) = &work.labels else {
        return work.each_region(measured, &mut |image, region, mask, _| {
            let roi = work.masks[0].0.as_deref();
            maps_of_region(engine, image, &mask, roi, folder, &format!("{id}label{region}_"))
        });
    };
    for (roi, path) in &work.masks {
        let pair = work.read(path)?;
        measured.notes.extend(pair.notes().iter().cloned());
        let mask = region_for(engine, &pair, selection, &mut measured.notes)?;
        maps_of_region(engine, pair.image(), &mask, roi.as_deref(), folder, id)?;
    }
    Ok(())
}

fn maps_of_region(
    engine: &Engine,
    image: &Volume,
    mask: &Mask,
    roi: Option<&str>,
    folder: &Path,
    prefix: &str,
) -> Result<()> {
    let Engine::Pyradiomics(extractor) = engine else { return Ok(()) };
    let extractor = (**extractor).clone().for_roi(roi.unwrap_or("roi"))?;
    let init = extractor.params().settings.init_value;
    let path = |name: &FeatureName| folder.join(format!("{prefix}{}.nii.gz", super::engine::column(name, roi)));
    let mut files: Option<MapFiles> = None;
    VoxelMaps::new(extractor).stream(image, mask, &mut |batch| {
        let is_new = files.as_ref().is_none_or(|f| f.names != batch.names);
        if is_new {
            if let Some(complete) = files.take() {
                complete.finish(init)?;
            }
            files = Some(MapFiles::create(&batch, &path)?);
        }
        files.as_mut().map_or(Ok(()), |files| files.write(&batch, init))
    })?;
    files.map_or(Ok(()), |files| files.finish(init))
}

/// The maps of one image, open side by side.
struct MapFiles {
    names: Vec<FeatureName>,
    geometry: Geometry,
    writers: Vec<VolumeWriter>,
    /// Voxels written so far, in array order.
    written: usize,
}

impl MapFiles {
    fn create(batch: &MapBatch<'_>, path: &dyn Fn(&FeatureName) -> PathBuf) -> Result<Self> {
        let create = |name: &FeatureName| VolumeWriter::create(&path(name), batch.geometry);
        let writers = batch.names.iter().map(create).collect::<Result<_>>()?;
        Ok(MapFiles { names: batch.names.to_vec(), geometry: batch.geometry, writers, written: 0 })
    }

    /// Voxels come in array order; between them stands `init`.
    fn write(&mut self, batch: &MapBatch<'_>, init: f64) -> Result<()> {
        let [_, ny, nx] = self.geometry.shape();
        let places: Vec<usize> = batch.voxels.iter().map(|[z, y, x]| (z * ny + y) * nx + x).collect();
        let first = self.written;
        self.writers.par_iter_mut().enumerate().try_for_each(|(feature, writer)| {
            let mut run = Vec::with_capacity(batch.voxels.len());
            let mut next = first;
            for (place, row) in places.iter().zip(&batch.values) {
                run.resize(run.len() + place - next, init);
                run.push(row[feature]);
                next = place + 1;
                if run.len() > 1 << 16 {
                    writer.write(&run)?;
                    run.clear();
                }
            }
            writer.write(&run)
        })?;
        self.written = places.last().map_or(first, |last| last + 1);
        Ok(())
    }

    fn finish(self, init: f64) -> Result<()> {
        self.writers.into_par_iter().try_for_each(|mut writer| {
            let blank = vec![init; writer.left().min(1 << 16)];
            while writer.left() > 0 {
                writer.write(&blank[..writer.left().min(blank.len())])?;
            }
            writer.finish()
        })
    }
}
