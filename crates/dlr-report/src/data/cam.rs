//! Class activation maps: per patient some planes, each an image slice, a map slice and outlines as mask slices.
//!
//! Slices are already turned for display: row 0 is at the top, column 0 at the left of the page.

use super::number;
use serde::{Deserialize, Serialize};

/// The maps of the deep block.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Cam {
    /// Method in words, for example `Grad-CAM of layer 4`.
    pub method: String,
    /// Name of the model, as in `models`.
    pub model: String,
    /// Whether the maps hold negative values that mean `away from the positive class`.
    pub signed: bool,
    /// What the reader must know to judge the maps (one paragraph each).
    pub notes: Vec<String>,
    /// The cases shown.
    pub cases: Vec<CamCase>,
}

/// One patient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CamCase {
    /// Case identifier.
    pub case: String,
    /// The truth: whether of the positive class.
    pub positive: Option<bool>,
    /// Predicted probability of the positive class.
    #[serde(with = "number::one")]
    pub probability: f64,
    /// Share of this case's attribution that the deep block carries, 0 to 1. A map of a small share means little.
    #[serde(with = "number::one")]
    pub deep_share: f64,
    /// Value at the ends of the colour bar. 0 or undefined: the largest magnitude in the planes of this case.
    #[serde(with = "number::one")]
    pub map_limit: f64,
    /// Why this case is shown, or anything else worth a line.
    pub note: String,
    /// Usually axial, coronal and sagittal through the middle of the tumour.
    pub planes: Vec<CamPlane>,
    /// The case for the 3D viewer; without it, and as a rule, no images but the planes are in the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes: Option<CamVolumes>,
}

/// Volumes on one grid, each the bytes of a `.nii.gz` in base64.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CamVolumes {
    /// The image.
    pub image: String,
    /// 1 in the tumour, 2 in the ring.
    pub roi: String,
    /// The map.
    pub map: String,
}

impl Default for CamCase {
    /// Empty; numbers that must be given are NaN, so that a forgotten one shows.
    fn default() -> Self {
        CamCase {
            case: String::new(),
            positive: None,
            probability: f64::NAN,
            deep_share: f64::NAN,
            map_limit: 0.0,
            note: String::new(),
            planes: Vec::new(),
            volumes: None,
        }
    }
}

/// One plane of one patient. All slices have the same shape.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CamPlane {
    /// Which plane.
    pub orientation: Orientation,
    /// Pixel size `[down, right]` in millimetres.
    pub spacing_mm: [f64; 2],
    /// Position along the normal, in words, for example `slice 41 of 96`. May be empty.
    pub position: String,
    /// Letters at the `[top, right, bottom, left]` edge, for example `["A", "L", "P", "R"]`. Empty strings: not drawn.
    pub edges: [String; 4],
    /// The image in grey; shown from its 1st to its 99th percentile.
    pub image: Slice,
    /// The map on the same pixels.
    pub map: Slice,
    /// The tumour; drawn as a solid outline.
    pub tumour: MaskSlice,
    /// The peritumoural ring; drawn as a dashed outline.
    pub ring: Option<MaskSlice>,
}

/// Direction of a plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Orientation {
    /// Across the body.
    #[default]
    Axial,
    /// Seen from the front.
    Coronal,
    /// Seen from the side.
    Sagittal,
}

/// Values on a small grid, row after row. NaN is drawn as nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Slice {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// `rows * cols` values, row after row.
    #[serde(with = "number::list")]
    pub values: Vec<f64>,
}

/// A mask on a small grid, row after row.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MaskSlice {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// `rows * cols` flags (0 or 1), row after row.
    pub inside: Vec<u8>,
}
