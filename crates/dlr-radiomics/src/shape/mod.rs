//! Geometry of a region without its intensities: surface mesh, diameters, principal axes. Exact sums of integers
//! wherever the definition allows; units come in at the end. Names and profiles are not known here.

mod axes;
mod diameter;
mod mesh;
mod outline;
mod triangles;

pub use axes::principal_variances;
pub use diameter::Diameters;
pub use mesh::Mesh;
pub use outline::Outline;
