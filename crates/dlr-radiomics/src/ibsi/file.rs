//! Parameter files of the `ibsi` profile: the names of [`IbsiParams`], read from a tree that any format gives.

use super::params::{FAMILIES, IbsiParams, Interpolation, IvhBins, Resampling};
use super::{Aggregation, Bins};
use crate::setting::{Named, Setting, entries, unknown};
use dlr_core::{Code, Error, Result};

const KEYS: [&str; 12] = [
    "profile",
    "bins",
    "ivh_bins",
    "resampling",
    "lowest",
    "highest",
    "outlier_sigma",
    "families",
    "aggregations",
    "distance",
    "ngldm_coarseness",
    "beyond_consensus",
];

impl IbsiParams {
    /// A parameter file that was parsed into a tree.
    ///
    /// | key | value | default |
    /// |---|---|---|
    /// | `profile` | `ibsi`: says of which profile the file is | |
    /// | `bins` | `as-is`, or one of `bin_width: W` and `n_bins: N` | none: must be chosen |
    /// | `ivh_bins` | as `bins` | `n_bins: 1000` |
    /// | `resampling` | `spacing_mm: [z, y, x]` (0 keeps an axis), `interpolation: linear` or `cubic-spline`, `round` | none; `linear`; false |
    /// | `lowest`, `highest` | bounds of range re-segmentation, included | open |
    /// | `outlier_sigma` | outlier re-segmentation | none |
    /// | `families` | list of family names, or `all` | `all` |
    /// | `aggregations` | list of aggregations, or `all` | `[3d-merged]` |
    /// | `distance`, `ngldm_coarseness`, `beyond_consensus` | as in [`IbsiParams`] | 1, 0, false |
    ///
    /// # Errors
    /// [`Code::ParameterFile`] where a section has the wrong form or `bins` is missing, [`Code::UnknownName`] with the
    /// nearest known name, [`Code::Parameter`] for a value outside its range.
    ///
    /// ```
    /// # #[cfg(feature = "yaml")] {
    /// use dlr_radiomics::ibsi::{Bins, IbsiParams};
    /// let params = IbsiParams::from_yaml("bins: {bin_width: 25}\nlowest: -500\nhighest: 400\naggregations: all\n")?;
    /// assert_eq!(params.bins, Bins::FixedSize { bin_width: 25.0 });
    /// assert_eq!(params.aggregations.len(), 6);
    /// # }
    /// # Ok::<(), dlr_core::Error>(())
    /// ```
    pub fn from_setting(file: &Setting) -> Result<Self> {
        let sections = entries(file, "the parameter file")?;
        if let Some((name, _)) =
            sections.iter().find(|(name, _)| ["setting", "imageType", "featureClass"].contains(&name.as_str()))
        {
            return Err(Error::new(
                Code::ParameterFile,
                format!("section `{name}` belongs to the profile `pyradiomics`"),
            )
            .expected("a parameter file of the profile `ibsi`")
            .hint("choose the profile `pyradiomics`, or write `bins: {bin_width: 25}` and so on"));
        }
        let bins = sections.iter().find(|(name, _)| name == "bins").map(|(_, value)| value).ok_or_else(|| {
            Error::new(Code::ParameterFile, "the parameter file does not choose `bins`: the manual has no default")
                .expected("`bins: {bin_width: 25}`, `bins: {n_bins: 32}` or `bins: as-is`")
        })?;
        let mut params = IbsiParams::new(bins_of("bins", bins)?);
        for (name, value) in sections {
            let at = Named { name, value };
            match name.as_str() {
                "profile" => drop(at.one_of(&[("ibsi", ())])?),
                "bins" => {}
                "ivh_bins" => {
                    params.ivh_bins = match bins_of(name, value)? {
                        Bins::AsIs => IvhBins::AsIs,
                        Bins::FixedSize { bin_width } => IvhBins::FixedSize { bin_width },
                        Bins::FixedNumber { n_bins } => IvhBins::FixedNumber { n_bins },
                    }
                }
                "resampling" => params.resampling = at.option(|at| resampling(at.value))?,
                "lowest" => params.lowest = at.option(Named::number)?,
                "highest" => params.highest = at.option(Named::number)?,
                "outlier_sigma" => params.outlier_sigma = at.option(Named::above_zero)?,
                "families" => {
                    params.families = all_or_list(at, &FAMILIES.map(|family| (family.as_str(), family)))?;
                }
                "aggregations" => {
                    params.aggregations = all_or_list(at, &Aggregation::ALL.map(|a| (a.as_str(), a)))?;
                }
                "distance" => params.distance = at.whole(1, 64)?,
                "ngldm_coarseness" => params.ngldm_coarseness = at.number()?,
                "beyond_consensus" => params.beyond_consensus = at.bool()?,
                _ => return Err(unknown("parameter", name, &KEYS)),
            }
        }
        params.validate()?;
        Ok(params)
    }
}

fn bins_of(name: &str, value: &Setting) -> Result<Bins> {
    let one = match value {
        Setting::Map(entries) => match &entries[..] {
            [(key, value)] => Some((key.as_str(), value)),
            _ => None,
        },
        Setting::Text(text) if text == "as-is" => return Ok(Bins::AsIs),
        _ => None,
    };
    match one {
        Some(("bin_width", value)) => {
            Ok(Bins::FixedSize { bin_width: Named { name: "bin_width", value }.above_zero()? })
        }
        Some(("n_bins", value)) => {
            Ok(Bins::FixedNumber { n_bins: Named { name: "n_bins", value }.whole(1, u32::MAX as usize)? as u32 })
        }
        Some((other, _)) => Err(unknown(&format!("choice of `{name}`"), other, &["bin_width", "n_bins", "as-is"])),
        None => Err(Error::new(Code::ParameterFile, format!("`{name}` does not say how levels are made"))
            .expected(format!("`{name}: {{bin_width: 25}}`, `{name}: {{n_bins: 32}}` or `{name}: as-is`"))),
    }
}

fn resampling(value: &Setting) -> Result<Resampling> {
    let mut spacing = None;
    let (mut interpolation, mut round) = (Interpolation::Linear, false);
    for (name, value) in entries(value, "resampling")? {
        let at = Named { name, value };
        match name.as_str() {
            "spacing_mm" => spacing = Some(at.spacing()?),
            "interpolation" => {
                let known = [("linear", Interpolation::Linear), ("cubic-spline", Interpolation::CubicSpline)];
                interpolation = at.one_of(&known)?;
            }
            "round" => round = at.bool()?,
            _ => return Err(unknown("parameter of `resampling`", name, &["spacing_mm", "interpolation", "round"])),
        }
    }
    let spacing = spacing.ok_or_else(|| {
        Error::new(Code::ParameterFile, "`resampling` has no `spacing_mm`").expected("`spacing_mm: [z, y, x]`")
    })?;
    Ok(Resampling { spacing_mm: spacing.map(|mm| (mm > 0.0).then_some(mm)), interpolation, round })
}

fn all_or_list<T: Copy>(at: Named<'_>, known: &[(&str, T)]) -> Result<Vec<T>> {
    match at.value {
        Setting::Text(text) if text == "all" => Ok(known.iter().map(|(_, value)| *value).collect()),
        _ => at.list(|item| item.one_of(known)),
    }
}

#[cfg(all(test, feature = "yaml"))]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_effect() {
        let params = IbsiParams::from_yaml(
            "profile: ibsi\nbins: {n_bins: 32}\nivh_bins: {bin_width: 2.5}\n\
             resampling: {spacing_mm: [0, 2, 2], interpolation: cubic-spline, round: true}\n\
             lowest: -1000\nhighest: 400\noutlier_sigma: 3\nfamilies: [glcm, gldzm]\n\
             aggregations: [2d-averaged, 2.5d-merged]\ndistance: 2\nngldm_coarseness: 1\nbeyond_consensus: true\n",
        )
        .unwrap();
        let expected = IbsiParams {
            ivh_bins: IvhBins::FixedSize { bin_width: 2.5 },
            resampling: Some(Resampling {
                spacing_mm: [None, Some(2.0), Some(2.0)],
                interpolation: Interpolation::CubicSpline,
                round: true,
            }),
            lowest: Some(-1000.0),
            highest: Some(400.0),
            outlier_sigma: Some(3.0),
            families: vec![crate::Family::Glcm, crate::Family::Gldzm],
            aggregations: vec![Aggregation::Slices2dAveraged, Aggregation::Slices25dMerged],
            distance: 2,
            ngldm_coarseness: 1.0,
            beyond_consensus: true,
            ..IbsiParams::new(Bins::FixedNumber { n_bins: 32 })
        };
        assert_eq!(params, expected);
        let all = IbsiParams::from_yaml("bins: as-is\nfamilies: all\naggregations: all\nivh_bins: as-is\n").unwrap();
        assert_eq!((all.families.len(), all.aggregations.len(), all.ivh_bins), (11, 6, IvhBins::AsIs));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_a_way_out() {
        for (text, code, hint) in [
            ("lowest: 3", Code::ParameterFile, "bins"),
            ("setting: {binWidth: 25}", Code::ParameterFile, "profile `pyradiomics`"),
            ("bins: {bin_widht: 25}", Code::UnknownName, "did you mean `bin_width`"),
            ("bins: {bin_width: -1}", Code::Parameter, "above 0"),
            ("bins: 25", Code::ParameterFile, "bin_width"),
            ("bins: {bin_width: 1, n_bins: 2}", Code::ParameterFile, "n_bins"),
            ("bins: as-is\nlowst: 1", Code::UnknownName, "did you mean `lowest`"),
            ("bins: as-is\nfamilies: [glmc]", Code::UnknownName, "did you mean `glcm`"),
            ("bins: as-is\naggregations: [3d]", Code::UnknownName, "3d-"),
            ("bins: as-is\nfamilies: [glcm, glcm]", Code::Parameter, "repeats"),
            ("bins: as-is\nresampling: {round: true}", Code::ParameterFile, "spacing_mm"),
            ("bins: as-is\nresampling: {spacing: 1}", Code::UnknownName, "`spacing_mm`"),
            ("bins: as-is\nlowest: 2\nhighest: 1", Code::Parameter, "highest"),
            ("profile: pyradiomics\nbins: as-is", Code::UnknownName, "one of ibsi"),
        ] {
            let error = IbsiParams::from_yaml(text).unwrap_err();
            assert_eq!(error.code(), code, "{text}: {error}");
            assert!(error.to_string().contains(hint), "{text}: {error}");
        }
    }
}
