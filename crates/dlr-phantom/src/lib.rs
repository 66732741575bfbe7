//! The synthetic multi-centre sarcoma cohort with known truth.
//!
//! A label draws latents, latents and nuisances draw an image: so no method that sees the image alone can rank cases
//! better than the log-likelihood ratio of the latents ([`Subject::llr`]), and where in the image each latent acts is
//! known ([`Truth`]). [`Plan`] decides who takes part and draws the latents; [`Plan::render`] makes one case, the same
//! bits whatever was rendered before and on how many threads; [`PhantomSource`] is the plan as a
//! [`dlr_core::CaseSource`]. Nothing here writes a file, computes a feature or learns.
//!
//! ```
//! use dlr_phantom::{Grid, PhantomConfig, Plan};
//! let plan = Plan::new(&PhantomConfig { grid: Grid::Tiny, n_train: 10, n_external: 6, ..PhantomConfig::default() })?;
//! let case = plan.render(&plan.subjects()[0])?;
//! assert_eq!(case.image.geometry().shape(), [16, 64, 64]);
//! assert!(case.truth.tumour.n_voxels() > 0);
//! # Ok::<(), dlr_core::Error>(())
//! ```

mod acquire;
mod anatomy;
mod change;
mod config;
mod field;
mod filter;
mod latent;
mod lesion;
mod normal;
mod oracle;
mod plan;
mod reader;
mod render;
mod scanner;
mod source;
mod streams;
mod subject;
mod surround;
mod variant;

pub use change::{Cause, Change};
pub use config::{Grid, PhantomConfig};
pub use field::gaussian_field;
pub use latent::{Latent, LatentSet, Latents};
pub use oracle::{auc, bayes_auc, sample_oracle};
pub use plan::Plan;
pub use render::{Rendered, Truth};
pub use scanner::Scanner;
pub use source::{GENERATOR_VERSION, PhantomSource};
pub use subject::{Site, Subject};
pub use variant::Variant;
