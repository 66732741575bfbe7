//! Forty-three good, odd and bad pairs of image and mask, as users have sent them to other tools. Of the 26 that
//! pyradiomics refuses it says so with exit status 0; two that it answers (truncated files) are answered wrongly.
//!
//! Here: what reading them and pairing them gives. What features make of a flat or tiny region is tested there.
#![allow(clippy::unwrap_used)] // helpers of tests

use dlr_core::{Code, Geometry, Mask, Result, Roi, Volume};
use dlr_io::{LabelSelection, read_pair, write_mask, write_volume};
use ndarray::{Array3, s};
use std::path::{Path, PathBuf};

/// What reading a pair must give: the region's size, or a code.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Expect {
    Voxels(usize),
    Refused(Code),
}
use Expect::{Refused, Voxels};

const SHAPE: (usize, usize, usize) = (20, 40, 40);
const N_ROI: usize = 1325;

fn image() -> Array3<f32> {
    Array3::from_shape_fn(SHAPE, |(z, y, x)| {
        200.0 + 40.0 * (x as f32 / 4.0).sin() + ((37 * z + 11 * y + 7 * x) % 61) as f32 - 30.25
    })
}

fn ellipsoid() -> Array3<f32> {
    Array3::from_shape_fn(SHAPE, |(z, y, x)| {
        let [z, y, x] = [z as f64 - 10.0, y as f64 - 20.0, x as f64 - 20.0];
        f32::from((x * x + y * y) / 81.0 + z * z / 16.0 <= 1.0)
    })
}

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn grid(shape: (usize, usize, usize), spacing: [f64; 3], origin: [f64; 3]) -> Geometry {
        let axes = [[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]];
        Geometry::new([shape.0, shape.1, shape.2], spacing, origin, axes).unwrap()
    }

    fn put(&self, name: &str, voxels: Array3<f32>) -> PathBuf {
        self.put_on(name, voxels.clone(), Self::grid(voxels.dim(), [3.0, 1.0, 1.0], [0.0; 3]))
    }

    fn put_on(&self, name: &str, voxels: Array3<f32>, grid: Geometry) -> PathBuf {
        write_volume(&self.path(name), &Volume::new(grid, voxels).unwrap()).unwrap();
        self.path(name)
    }

    fn put_wide(&self, name: &str, voxels: Array3<f64>) -> PathBuf {
        let grid = Self::grid(voxels.dim(), [3.0, 1.0, 1.0], [0.0; 3]);
        write_volume(&self.path(name), &Volume::new(grid, voxels).unwrap()).unwrap();
        self.path(name)
    }

    /// The plain image with bytes of its header replaced.
    fn changed(&self, name: &str, changes: &[(usize, &[u8])]) -> PathBuf {
        let mut bytes = std::fs::read(self.put(name, image())).unwrap();
        for (offset, field) in changes {
            bytes[*offset..*offset + field.len()].copy_from_slice(field);
        }
        self.bytes(name, &bytes)
    }

    fn bytes(&self, name: &str, bytes: &[u8]) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }
}

fn found(image: &Path, mask: &Path) -> Result<usize> {
    let pair = read_pair(image, mask, &LabelSelection::Auto)?.value;
    Roi::new(&pair.image, &pair.mask).map(|roi| roi.n_voxels())
}

#[test]
fn forty_three_pairs_are_read_or_refused_as_they_should_be() {
    let b = Bench { folder: tempfile::tempdir().unwrap() };
    let with = |change: &dyn Fn(&mut Array3<f32>)| {
        let mut voxels = image();
        change(&mut voxels);
        voxels
    };
    let only = |region: ndarray::SliceInfo<_, _, _>| {
        let mut voxels = Array3::<f32>::zeros(SHAPE);
        let _: &ndarray::SliceInfo<[ndarray::SliceInfoElem; 3], ndarray::Ix3, ndarray::Ix3> = &region;
        voxels.slice_mut(&region).assign(&ellipsoid().slice(&region));
        voxels
    };
    let roi_at = |name: &str, spacing: [f64; 3], origin: [f64; 3]| {
        b.put_on(name, ellipsoid(), Bench::grid(SHAPE, spacing, origin))
    };
    let img = b.put("img.nii.gz", image());
    let plain = std::fs::read(b.put("img.nii", image())).unwrap();
    let packed = std::fs::read(&img).unwrap();
    let roi = b.put("roi.nii.gz", ellipsoid());
    let mask = Mask::new(Bench::grid(SHAPE, [3.0, 1.0, 1.0], [0.0; 3]), ellipsoid().mapv(|v| v > 0.0)).unwrap();
    assert_eq!(mask.n_voxels(), N_ROI);
    write_mask(&b.path("m8.nii.gz"), &mask).unwrap();

    let mut flipped = packed.clone();
    flipped[packed.len() / 2] ^= 0x10;
    let mut bad_crc = packed.clone();
    bad_crc[packed.len() - 8] ^= 0xff;
    let mirrored = {
        let axes = [[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]];
        let grid = Geometry::new([20, 40, 40], [3.0, 1.0, 1.0], [-39.0, 0.0, 0.0], axes).unwrap();
        b.put_on("flip.nii", ellipsoid().slice(s![.., .., ..;-1]).to_owned(), grid)
    };
    let oblique = |name: &str, voxels| {
        let (s, c) = 20.0_f64.to_radians().sin_cos();
        let axes = [[0.0, 0.0, 1.0], [s, -c, 0.0], [-c, -s, 0.0]];
        b.put_on(name, voxels, Geometry::new([20, 40, 40], [3.0, 1.0, 1.0], [0.0; 3], axes).unwrap())
    };
    let nan = f32::NAN.to_le_bytes();
    let two_volumes = [&4_i16.to_le_bytes()[..], &[40, 0, 40, 0, 10, 0, 2, 0]].concat();
    let no_forms: (usize, &[u8]) = (252, &[0, 0, 0, 0]);
    let qform_only: (usize, &[u8]) = (252, &[1, 0, 0, 0]);
    let voxel = |n: usize| only(s![10..11, 20..21, 20..20 + n]);

    let cases: Vec<(&str, PathBuf, PathBuf, Expect)> = vec![
        ("ok", img.clone(), roi.clone(), Voxels(N_ROI)),
        ("origin off 1e-5 mm", img.clone(), roi_at("o5.nii", [3.0, 1.0, 1.0], [1e-5, 0.0, 0.0]), Voxels(N_ROI)),
        ("origin off 1e-3 mm", img.clone(), roi_at("o3.nii", [3.0, 1.0, 1.0], [1e-3, 0.0, 0.0]), Voxels(N_ROI)),
        (
            "origin off 50 mm",
            img.clone(),
            roi_at("o50.nii", [3.0, 1.0, 1.0], [50.0, 0.0, 0.0]),
            Refused(Code::GridMismatch),
        ),
        ("spacing differs", img.clone(), roi_at("sp.nii", [3.3, 1.0, 1.0], [0.0; 3]), Refused(Code::GridMismatch)),
        (
            "one slice fewer",
            img.clone(),
            b.put("d.nii", ellipsoid().slice(s![..19, .., ..]).to_owned()),
            Refused(Code::GridMismatch),
        ),
        ("mask stored mirrored", img.clone(), mirrored, Voxels(N_ROI)),
        ("empty mask", img.clone(), b.put("e.nii", Array3::zeros(SHAPE)), Refused(Code::EmptyMask)),
        ("label 255", img.clone(), b.put("l.nii", ellipsoid() * 255.0), Voxels(N_ROI)),
        ("one voxel", img.clone(), b.put("v1.nii", voxel(1)), Voxels(1)),
        ("two voxels", img.clone(), b.put("v2.nii", voxel(2)), Voxels(2)),
        ("one slice region", img.clone(), b.put("s1.nii", only(s![10..11, 0..40, 0..40])), Voxels(253)),
        ("constant image", b.put("c.nii", Array3::from_elem(SHAPE, 100.0)), roi.clone(), Voxels(N_ROI)),
        ("NaN in region", b.put("n.nii", with(&|v| v[[10, 20, 20]] = f32::NAN)), roi.clone(), Refused(Code::NotFinite)),
        (
            "Inf in region",
            b.put("i.nii", with(&|v| v[[10, 20, 20]] = f32::INFINITY)),
            roi.clone(),
            Refused(Code::NotFinite),
        ),
        ("NaN outside", b.put("no.nii", with(&|v| v[[0, 0, 0]] = f32::NAN)), roi.clone(), Voxels(N_ROI)),
        (
            "outlier 1e6",
            b.put("out.nii", with(&|v| v.slice_mut(s![10, 19..21, 19..21]).fill(1e6))),
            roi.clone(),
            Voxels(N_ROI),
        ),
        ("truncated gz", b.bytes("t.nii.gz", &packed[..packed.len() / 2]), roi.clone(), Refused(Code::FileTruncated)),
        ("bit flip in gz", b.bytes("f.nii.gz", &flipped), roi.clone(), Refused(Code::FileCorrupt)),
        ("bad CRC", b.bytes("crc.nii.gz", &bad_crc), roi.clone(), Refused(Code::FileCorrupt)),
        ("truncated nii", b.bytes("t.nii", &plain[..plain.len() / 2]), roi.clone(), Refused(Code::FileTruncated)),
        ("zero bytes", b.bytes("z.nii.gz", b""), roi.clone(), Refused(Code::FileTruncated)),
        ("text", b.bytes("x.nii.gz", &b"hello, not an image\n".repeat(20)), roi.clone(), Refused(Code::FileFormat)),
        (
            "30000^3",
            b.changed("h.nii", &[(42, &[0x30, 0x75, 0x30, 0x75, 0x30, 0x75])]),
            roi.clone(),
            Refused(Code::FileTooLarge),
        ),
        (
            "negative dim",
            b.changed("nd.nii", &[(42, &(-40_i16).to_le_bytes())]),
            roi.clone(),
            Refused(Code::FileFormat),
        ),
        ("zero pixdim, qform", b.changed("zp.nii", &[(80, &[0; 4]), qform_only]), roi.clone(), Refused(Code::Geometry)),
        ("NaN pixdim, no form", b.changed("np.nii", &[(80, &nan), no_forms]), roi.clone(), Refused(Code::Geometry)),
        ("scl_slope NaN", b.changed("sl.nii", &[(112, &nan)]), roi.clone(), Voxels(N_ROI)),
        ("sheared sform", b.changed("sh.nii", &[(284, &0.2_f32.to_le_bytes())]), roi.clone(), Refused(Code::Geometry)),
        ("oblique 20 degrees", oblique("ob.nii", image()), oblique("obm.nii", ellipsoid()), Voxels(N_ROI)),
        ("qform and sform disagree", b.changed("qs.nii", &[(80, &2.0_f32.to_le_bytes())]), roi.clone(), Voxels(N_ROI)),
        ("4D image", b.changed("4d.nii", &[(40, &two_volumes)]), roi.clone(), Refused(Code::FileFormat)),
        ("4D mask", img.clone(), b.changed("4m.nii", &[(40, &two_volumes)]), Refused(Code::FileFormat)),
        ("mask of 0.99999", img.clone(), b.put("fm.nii", ellipsoid() * 0.999_99), Voxels(N_ROI)),
        ("probability 0.6", img.clone(), b.put("pm.nii", ellipsoid() * 0.6), Voxels(N_ROI)),
        ("mask is the image", img.clone(), img.clone(), Refused(Code::FileFormat)),
        ("wide mask", img.clone(), b.put_wide("w.nii", ellipsoid().mapv(f64::from)), Voxels(N_ROI)),
        ("wide image", b.put_wide("wi.nii", image().mapv(f64::from)), roi.clone(), Voxels(N_ROI)),
        ("missing file", b.path("nope.nii.gz"), roi.clone(), Refused(Code::FileMissing)),
        ("name with space", b.put("näme with space.nii.gz", image()), roi.clone(), Voxels(N_ROI)),
        (
            "two components",
            img.clone(),
            b.put("two.nii", {
                let mut voxels = ellipsoid();
                voxels.slice_mut(s![2..4, 2..4, 2..4]).fill(1.0);
                voxels
            }),
            Voxels(N_ROI + 8),
        ),
        (
            "one slice image",
            b.put("d2.nii", image().slice(s![..1, .., ..]).to_owned()),
            b.put("d2m.nii", ellipsoid().slice(s![10..11, .., ..]).to_owned()),
            Voxels(253),
        ),
        ("mask covers all", img.clone(), b.put("full.nii", Array3::ones(SHAPE)), Voxels(32_000)),
    ];
    assert_eq!(cases.len(), 43);
    let mut misses = Vec::new();
    for (name, image, mask, expected) in &cases {
        let answer = found(image, mask);
        let text = answer.as_ref().err().map(ToString::to_string).unwrap_or_default();
        let answer = answer.map_or_else(|error| Refused(error.code()), Voxels);
        let folder = b.folder.path().to_string_lossy().into_owned();
        if answer != *expected || text.lines().count() > 3 || text.contains(&folder) {
            misses.push(format!("{name}: {answer:?} for {expected:?} {text}"));
        }
    }
    assert!(misses.is_empty(), "{misses:#?}");
}
