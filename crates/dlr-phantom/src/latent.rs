//! [`Latent`]: what a tumour's grade changes, and [`LatentSet`]: what a method may see of it.

use serde::{Deserialize, Serialize};

/// One latent number per case, standard normal around a mean that grade may move.
///
/// | latent | what it sets | where |
/// |---|---|---|
/// | `Size` | log diameter | tumour |
/// | `Het` | amplitude of the T2 texture | tumour |
/// | `Nec` | necrotic fraction | tumour |
/// | `Edh` | heterogeneity of the oedema, its mean unchanged | ring up to some 20 mm |
/// | `Ext` | decay length of the oedema | ring |
/// | `Ctx` | reticular streaks 18 to 45 mm away | context |
/// | `Lob` | lobulation of the border: never of grade, a negative control | tumour border |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Latent {
    /// Log diameter.
    Size,
    /// Amplitude of the texture.
    Het,
    /// Necrotic fraction.
    Nec,
    /// Heterogeneity of the oedema.
    Edh,
    /// Decay length of the oedema.
    Ext,
    /// Streaks in the context.
    Ctx,
    /// Lobulation, the negative control.
    Lob,
}

impl Latent {
    /// Every latent, in the order of [`Latents`].
    pub const ALL: [Latent; 7] =
        [Latent::Size, Latent::Het, Latent::Nec, Latent::Edh, Latent::Ext, Latent::Ctx, Latent::Lob];

    /// The word in tables: `size`, `het` ...
    pub fn as_str(self) -> &'static str {
        match self {
            Latent::Size => "size",
            Latent::Het => "het",
            Latent::Nec => "nec",
            Latent::Edh => "edh",
            Latent::Ext => "ext",
            Latent::Ctx => "ctx",
            Latent::Lob => "lob",
        }
    }

    /// The latent of that word.
    pub fn parse(word: &str) -> Option<Latent> {
        Latent::ALL.into_iter().find(|latent| latent.as_str() == word)
    }
}

/// One number per latent.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Latents(pub [f64; 7]);

impl Latents {
    /// The number of one latent.
    pub fn get(&self, latent: Latent) -> f64 {
        self.0[latent as usize]
    }

    /// The same latents with one of them changed by `change`.
    pub fn shifted(mut self, latent: Latent, change: f64) -> Latents {
        self.0[latent as usize] += change;
        self
    }
}

/// Which latents a perfect method of that name would see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LatentSet {
    /// Size, texture and necrosis of the tumour.
    Intra,
    /// Heterogeneity and length of the oedema.
    Peri,
    /// Tumour and oedema.
    Combined,
    /// Tumour and context, without the oedema.
    IntraContext,
    /// Everything in the image.
    All,
}

impl LatentSet {
    /// Every set.
    pub const ALL: [LatentSet; 5] =
        [LatentSet::Intra, LatentSet::Peri, LatentSet::Combined, LatentSet::IntraContext, LatentSet::All];

    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            LatentSet::Intra => "intra",
            LatentSet::Peri => "peri",
            LatentSet::Combined => "combined",
            LatentSet::IntraContext => "intra_context",
            LatentSet::All => "all",
        }
    }

    /// Its latents.
    pub fn latents(self) -> &'static [Latent] {
        use Latent::{Ctx, Edh, Ext, Het, Lob, Nec, Size};
        match self {
            LatentSet::Intra => &[Size, Het, Nec],
            LatentSet::Peri => &[Edh, Ext],
            LatentSet::Combined => &[Size, Het, Nec, Edh, Ext],
            LatentSet::IntraContext => &[Size, Het, Nec, Ctx],
            LatentSet::All => &[Size, Het, Nec, Edh, Ext, Ctx, Lob],
        }
    }
}
