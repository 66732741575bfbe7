//! `docs/features.md` and the entries of `features.json`, made from the definition tables.

use crate::definition::{Definition, Family, Profile};
use crate::pyradiomics::tables;
use dlr_core::FeatureName;
use std::fmt::Write;

/// The definition behind a column name of the `pyradiomics` profile; `None` for names of other origin.
pub fn definition_of(name: &FeatureName) -> Option<&'static Definition> {
    let family = tables::FAMILIES.into_iter().find(|f| f.as_str() == name.family())?;
    tables::definitions(family).iter().find(|d| d.feature == name.feature())
}

/// The whole page, as it is kept in `docs/features.md`.
pub fn features_markdown() -> String {
    let mut page = String::from(
        "# Features\n\n\
         Generated from the definition tables of `dlr-radiomics` by `cargo xtask docs`; do not edit.\n\
         Columns are named `roi_imagetype_family_feature`.\n\
         `I` is the unit of the image's intensities, `1` is dimensionless.\n",
    );
    profile(&mut page, Profile::Pyradiomics);
    page
}

fn profile(page: &mut String, profile: Profile) {
    let Profile::Pyradiomics = profile else { return };
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
        table(page, family, tables::definitions(family));
    }
}

fn table(page: &mut String, family: Family, definitions: &[Definition]) {
    let rows = definitions.iter().map(|d| {
        let mark = if tables::is_default(d) { "" } else { "*" };
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
