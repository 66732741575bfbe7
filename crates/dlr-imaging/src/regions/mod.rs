//! ROI geometry: rings, body, morphology in millimetres, components, set algebra, and randomised contours.
//!
//! Masks in, masks out, on the grid they have. Distances run between voxel centres ([`crate::distance`]).

mod algebra;
mod body;
mod components;
mod expression;
mod morphology;
mod perturb;
mod ring;

pub use algebra::{difference, intersection, union};
pub use body::{BodyParams, body, body_threshold};
pub use components::{
    Connectivity, components, components_from, fill_holes, fill_holes_by_slice, largest_component, nth_component,
};
pub use expression::RegionExpression;
pub use morphology::{close, dilate, erode, open, translate, translate_mm};
pub use perturb::{PerturbParams, perturb, randomise_contour};
pub use ring::{DISTANCE_TOLERANCE_MM, ring, ring_beyond_image, ring_within};
