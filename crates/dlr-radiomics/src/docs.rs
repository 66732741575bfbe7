//! `docs/features.md` and the entries of `features.json`, made from the definition tables.

use crate::definition::{Definition, Family, Profile};
use crate::ibsi;
use crate::pyradiomics::tables;
use dlr_core::FeatureName;
use std::fmt::Write;

/// The definition behind a column name of a profile; `None` for names of other origin.
pub fn definition_of(profile: Profile, name: &FeatureName) -> Option<&'static Definition> {
    let of = |families: &[Family], definitions: fn(Family) -> &'static [Definition]| {
        let family = families.iter().copied().find(|f| f.as_str() == name.family())?;
        definitions(family).iter().find(|d| d.feature == name.feature())
    };
    match profile {
        Profile::Pyradiomics => of(&tables::FAMILIES, tables::definitions),
        Profile::Ibsi => of(&ibsi::FAMILIES, ibsi::definitions),
    }
}

/// The IBSI code of an aggregation, by its name in feature columns (`3d-merged`, `2.5d`).
pub fn aggregation_code(variant: &str) -> Option<&'static str> {
    use ibsi::{Aggregation, Dimension};
    let directional = Aggregation::ALL.iter().map(|a| (a.as_str(), a.ibsi()));
    let undirected = [Dimension::Slices2d, Dimension::Slices25d, Dimension::Volume3d].map(|d| (d.as_str(), d.ibsi()));
    directional.chain(undirected).find(|(name, _)| *name == variant).map(|(_, code)| code)
}

/// The whole page, as it is kept in `docs/features.md`.
pub fn features_markdown() -> String {
    let mut page = String::from(
        "# Features\n\n\
         Generated from the definition tables of `dlr-radiomics` by `cargo xtask docs`; do not edit.\n\
         Columns are named `roi_imagetype_family_feature`.\n\
         `I` is the unit of the image's intensities, `1` is dimensionless.\n",
    );
    pyradiomics(&mut page);
    page.push_str(
        "\n## Profile `ibsi`\n\n\
         Formulae, symbols and aggregations are those of the IBSI reference manual (version 11); the codes are its permanent \
         identifiers.\n\
         A variant at the end of the name tells the aggregation or the fraction of a histogram.\n",
    );
    for family in ibsi::FAMILIES {
        table(&mut page, family, ibsi::definitions(family), |_| true);
    }
    page
}

fn pyradiomics(page: &mut String) {
    page.push_str(
        "\n## Profile `pyradiomics`\n\n\
         Symbols: intensities `x`, their number `n`, `p(k)` the share of voxels with grey level `k`.\n\
         GLCM: `p(i,j)` the matrix of one direction, `px` and `py` its margins, `p₊(k)` and `p₋(k)` the shares of `i+j=k` and \
         `|i-j|=k`, `μ` and `σ` mean and deviation of a margin, `Ng` the largest grey level.\n\
         GLRLM, GLSZM, GLDM: `N(i,j)` the count of grey level `i` with run length, zone size or dependence `j`, `Ns` its sum, \
         `p = N / Ns`.\n\
         NGTDM: `n(i)` and `s(i)` voxels and summed differences of grey level `i`, `p(i) = n(i) / n`.\n\
         GLCM and GLRLM features are means over the directions that are defined.\n\
         Features marked * are computed only when a parameter file names them.\n",
    );
    for family in tables::FAMILIES {
        table(page, family, tables::definitions(family), tables::is_default);
    }
}

fn table(page: &mut String, family: Family, definitions: &[Definition], is_default: fn(&Definition) -> bool) {
    let rows = definitions.iter().map(|d| {
        let mark = if is_default(d) { "" } else { "*" };
        // A bar would end the cell.
        let formula = d.formula.replace('|', "\\|");
        format!("| {}{mark} | {} | {} | {formula} | {} |\n", d.feature, d.ibsi, d.unit, d.degenerate)
    });
    let rows: String = rows.collect();
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "\n### {family}\n\n| feature | IBSI | unit | formula | degenerate case |\n|---|---|---|---|---|\n{rows}"
    );
}
