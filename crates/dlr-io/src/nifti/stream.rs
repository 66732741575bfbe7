//! [`VolumeWriter`]: a NIfTI-1 file written voxel by voxel, so that a map of any size needs no memory of its own.

use super::write::header_f64;
use crate::image::has_extension;
use crate::{atomic, failure};
use dlr_core::{Code, Error, Geometry, Result};
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes a volume of 64 bit floats in array order, `.nii` or `.nii.gz` by the name.
///
/// The file has its name only after [`VolumeWriter::finish`]; a writer that is dropped before leaves nothing. The same
/// voxels give the same bytes as [`crate::write_volume`] gives the same voxels.
///
/// ```
/// use dlr_core::Geometry;
/// let folder = std::env::temp_dir().join(format!("dlr-io-doc-{}", std::process::id()));
/// std::fs::create_dir_all(&folder).map_err(|e| dlr_core::Error::new(dlr_core::Code::FileWrite, e.to_string()))?;
/// let path = folder.join("map.nii.gz");
/// let mut map = dlr_io::VolumeWriter::create(&path, Geometry::axis_aligned([1, 2, 2], [3.0, 1.0, 1.0])?)?;
/// map.write(&[1.0, 2.0, f64::NAN])?;
/// map.write(&[4.0])?;
/// map.finish()?;
/// assert_eq!(dlr_io::read_volume(&path)?.get([0, 1, 1]), 4.0);
/// # let _ = std::fs::remove_dir_all(folder);
/// # Ok::<(), dlr_core::Error>(())
/// ```
#[derive(Debug)]
pub struct VolumeWriter {
    path: PathBuf,
    temporary: PathBuf,
    out: Option<Out>,
    /// Voxels still to come.
    left: usize,
}

#[derive(Debug)]
enum Out {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
}

impl VolumeWriter {
    /// Begins the file of a volume on `geometry`.
    ///
    /// # Errors
    /// [`Code::FileWrite`], and [`Code::FileFormat`] for another extension.
    pub fn create(path: &Path, geometry: Geometry) -> Result<Self> {
        let is_gzip = has_extension(path, &["nii.gz"]);
        if !is_gzip && !has_extension(path, &["nii"]) {
            return Err(failure::format(path, "images are written as `.nii` or `.nii.gz`"));
        }
        let header = header_f64(&geometry)?;
        let temporary = atomic::beside(path);
        let file = File::options().write(true).create_new(true).open(&temporary);
        let file = BufWriter::new(file.map_err(|e| failure::writing(path, &e))?);
        let out = if is_gzip {
            Out::Gzip(Box::new(GzBuilder::new().mtime(0).write(file, Compression::fast())))
        } else {
            Out::Plain(file)
        };
        let mut writer = VolumeWriter { path: path.to_owned(), temporary, out: Some(out), left: geometry.n_voxels() };
        writer.put(&header)?;
        Ok(writer)
    }

    /// The next voxels, in array order: x runs fastest.
    ///
    /// # Errors
    /// [`Code::FileWrite`], and [`Code::Shape`] for more voxels than the volume has.
    pub fn write(&mut self, voxels: &[f64]) -> Result<()> {
        self.left = self.left.checked_sub(voxels.len()).ok_or_else(|| {
            Error::new(Code::Shape, "more voxels were written than the volume has").found(voxels.len())
        })?;
        for part in voxels.chunks(1024) {
            let bytes: Vec<u8> = part.iter().flat_map(|v| v.to_le_bytes()).collect();
            self.put(&bytes)?;
        }
        Ok(())
    }

    /// Voxels still to come.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Ends the file and gives it its name.
    ///
    /// # Errors
    /// [`Code::FileWrite`], and [`Code::Shape`] where voxels are missing.
    pub fn finish(mut self) -> Result<()> {
        if self.left > 0 {
            return Err(Error::new(Code::Shape, format!("{} voxels of a volume were not written", self.left)));
        }
        let ended = match self.out.take() {
            Some(Out::Plain(file)) => Ok(file),
            Some(Out::Gzip(encoder)) => encoder.finish(),
            None => return Ok(()),
        };
        let file = ended.and_then(|file| file.into_inner().map_err(io::IntoInnerError::into_error));
        let file = file.map_err(|e| failure::writing(&self.path, &e))?;
        atomic::give_name(file, &self.temporary, &self.path)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        let written = match &mut self.out {
            Some(Out::Plain(file)) => file.write_all(bytes),
            Some(Out::Gzip(encoder)) => encoder.write_all(bytes),
            None => Ok(()),
        };
        written.map_err(|e| failure::writing(&self.path, &e))
    }
}

impl Drop for VolumeWriter {
    fn drop(&mut self) {
        if self.out.take().is_some() {
            // Nobody waits for this file any more; a leftover is only untidy.
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlr_core::Volume;
    use ndarray::Array3;

    #[test]
    fn gives_the_voxels_of_the_whole_writer_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let voxels = Array3::from_shape_fn((3, 4, 5), |(z, y, x)| (z * 100 + y * 10 + x) as f64 / 7.0);
        let volume = Volume::from_array(voxels.clone(), [3.0, 2.0, 1.0]).unwrap();
        let flat: Vec<f64> = voxels.iter().copied().collect();
        for name in ["a.nii", "a.nii.gz"] {
            let path = folder.path().join(name);
            let mut writer = VolumeWriter::create(&path, *volume.geometry()).unwrap();
            flat.chunks(7).for_each(|part| writer.write(part).unwrap());
            assert!(!path.exists(), "the name is given at the end");
            writer.finish().unwrap();
            let whole = folder.path().join(format!("whole-{name}"));
            crate::write_volume(&whole, &volume).unwrap();
            assert_eq!(crate::read_volume(&path).unwrap(), crate::read_volume(&whole).unwrap());
        }
        let path = folder.path().join("b.nii");
        let mut writer = VolumeWriter::create(&path, *volume.geometry()).unwrap();
        writer.write(&flat[..9]).unwrap();
        assert_eq!(writer.write(&[0.0; 60]).unwrap_err().code(), Code::Shape);
        drop(writer);
        let writer = VolumeWriter::create(&path, *volume.geometry()).unwrap();
        assert_eq!(writer.finish().unwrap_err().code(), Code::Shape);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4);
        assert_eq!(
            VolumeWriter::create(&folder.path().join("c.nrrd"), *volume.geometry()).unwrap_err().code(),
            Code::FileFormat
        );
    }
}
