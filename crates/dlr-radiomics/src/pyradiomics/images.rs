//! Image types: what each is called in feature columns, and how it turns the prepared image into the images that are
//! measured. The filters themselves are in `dlr-imaging`; each is given the whole prepared image and the region's box,
//! and an image is measured and dropped before the next is made.

use super::prepare::Prepared;
use super::{ImageType, Settings, Sigma};
use dlr_core::{Code, Error, IndexBox, Result, Undefined, Volume};
use dlr_imaging::filters::pyradiomics::{
    Lbp2dMethod, Lbp2dParams, Lbp3dParams, Rescaling, Stored, WaveletParams, gradient_magnitude, laplacian_fits,
    laplacian_of_gaussian, largest_magnitude, lbp_2d, lbp_3d, rescaled, visit_wavelet, wavelet_names,
};
use dlr_imaging::filters::wavelets::Wavelet;
use rayon::prelude::*;

/// One image of an image type.
pub(crate) enum Picture<'a> {
    /// The prepared image itself, of which the box is measured.
    Prepared(&'a Volume),
    /// A filtered image, which has the box only.
    Filtered(Volume),
    /// No image: all its features are undefined, for this reason.
    Missing(Undefined),
}

/// Refuses settings that no image can be filtered with.
///
/// # Errors
/// [`Code::UnknownName`] for a wavelet that does not exist.
pub(crate) fn check(image_type: &ImageType) -> Result<()> {
    if image_type.name == "Wavelet" {
        Wavelet::named(&image_type.settings.wavelet)?;
    }
    Ok(())
}

/// The names of the images that an image type makes, in the order of the columns. Known without an image.
pub(crate) fn columns(image_type: &ImageType) -> Vec<String> {
    let settings = &image_type.settings;
    match image_type.name {
        "LoG" => sigmas(settings).iter().map(laplacian_name).collect(),
        // A name that does not exist was refused by `check`.
        "Wavelet" => wavelet_params(settings).map(|p| wavelet_columns(&p)).unwrap_or_default(),
        "LBP2D" => vec!["lbp-2D".into()],
        "LBP3D" => {
            let levels = (1..=settings.lbp3d_levels).map(|level| format!("lbp-3D-m{level}"));
            levels.chain(["lbp-3D-k".into()]).collect()
        }
        other => vec![other.to_lowercase()],
    }
}

/// Hands the images that an image type makes of a prepared case in the box `at` to `visit`, each with its column name,
/// possibly from several threads; gives what it returned in the order of the columns.
///
/// # Errors
/// Those of the filters, and whatever `visit` returns.
pub(crate) fn visit<R: Send>(
    image_type: &ImageType,
    prepared: &Prepared<'_>,
    at: IndexBox,
    visit: impl Fn(&str, Picture<'_>) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let (settings, image) = (&image_type.settings, prepared.image.as_ref());
    let one = |filtered: Result<Volume>| -> Result<Vec<R>> {
        let picture = or_missing(filtered)?;
        Ok(vec![visit(&image_type.name.to_lowercase(), picture)?])
    };
    let rescale = |how| one(rescaled(image, how, largest_magnitude(image), at));
    match image_type.name {
        "Original" => Ok(vec![visit("original", Picture::Prepared(image))?]),
        "LoG" => sigmas(settings)
            .into_par_iter()
            .map(|sigma| {
                let filtered = laplacian_fits(image.geometry(), sigma.mm)
                    .and_then(|()| laplacian_of_gaussian(image, sigma.mm, at));
                visit(&laplacian_name(&sigma), or_missing(filtered)?)
            })
            .collect(),
        "Wavelet" => {
            let params = wavelet_params(settings)?;
            visit_wavelet(image, &params, prepared.stored(), at, |band, volume| {
                visit(&format!("wavelet{band}"), Picture::Filtered(volume))
            })
        }
        "Square" => rescale(Rescaling::Square),
        "SquareRoot" => rescale(Rescaling::SquareRoot),
        "Logarithm" => rescale(Rescaling::Logarithm),
        "Exponential" => rescale(Rescaling::Exponential),
        "Gradient" => one(gradient_magnitude(image, settings.gradient_use_spacing, at)),
        "LBP2D" => {
            let params = lbp2d_params(settings);
            let patterns = lbp_2d(image, &params, stored_for_variance(prepared, &params), at)?;
            Ok(vec![visit("lbp-2D", Picture::Filtered(patterns))?])
        }
        "LBP3D" => {
            let params = Lbp3dParams {
                n_levels: settings.lbp3d_levels,
                radius: settings.lbp3d_icosphere_radius,
                n_subdivisions: settings.lbp3d_icosphere_subdivision,
            };
            let found = lbp_3d(image, prepared.mask(), &params, prepared.stored(), at)?;
            let images = found.levels.into_iter().chain([found.kurtosis]);
            let named: Vec<_> = columns(image_type).into_iter().zip(images).collect();
            named.into_par_iter().map(|(column, image)| visit(&column, Picture::Filtered(image))).collect()
        }
        other => Err(Error::new(Code::UnknownName, format!("image type `{other}` is not known"))),
    }
}

/// All images of an image type in the box `at`; an error where one is missing.
///
/// # Errors
/// Those of [`visit`]; [`Code::Region`] for an image that cannot be made.
pub(crate) fn collect(image_type: &ImageType, prepared: &Prepared<'_>, at: IndexBox) -> Result<Vec<(String, Volume)>> {
    visit(image_type, prepared, at, |column, picture| match picture {
        Picture::Prepared(image) => Ok((column.to_owned(), image.crop(at))),
        Picture::Filtered(image) => Ok((column.to_owned(), image)),
        Picture::Missing(why) => {
            Err(Error::new(Code::Region, format!("image `{column}` cannot be made")).found(why.reason))
        }
    })
}

/// Where pyradiomics leaves an image out, with a line in its log, or fills it with NaN, its features are undefined.
fn or_missing(filtered: Result<Volume>) -> Result<Picture<'static>> {
    match filtered {
        Ok(volume) => Ok(Picture::Filtered(volume)),
        Err(error) if error.code() == Code::Region => {
            Ok(Picture::Missing(Undefined::new("image-too-small", one_line(&error))))
        }
        Err(error) if error.code() == Code::NotFinite => {
            Ok(Picture::Missing(Undefined::new("image-of-zeros", one_line(&error))))
        }
        Err(error) => Err(error),
    }
}

fn one_line(error: &Error) -> String {
    error.to_string().lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

fn laplacian_name(sigma: &Sigma) -> String {
    format!("log-sigma-{}-mm-3D", sigma.name())
}

/// Each standard deviation once: pyradiomics overwrites the features of a repeated one with themselves.
fn sigmas(settings: &Settings) -> Vec<Sigma> {
    let mut once: Vec<Sigma> = Vec::new();
    for sigma in &settings.sigma {
        if !once.iter().any(|s| s.name() == sigma.name()) {
            once.push(*sigma);
        }
    }
    once
}

fn wavelet_params(settings: &Settings) -> Result<WaveletParams> {
    Ok(WaveletParams {
        wavelet: Wavelet::named(&settings.wavelet)?,
        start_level: settings.start_level,
        n_levels: settings.level,
        flat_axis: settings.force2d.then_some(settings.force2d_dimension),
    })
}

fn wavelet_columns(params: &WaveletParams) -> Vec<String> {
    wavelet_names(params).into_iter().map(|band| format!("wavelet{band}")).collect()
}

fn lbp2d_params(settings: &Settings) -> Lbp2dParams {
    Lbp2dParams {
        radius: settings.lbp2d_radius,
        n_samples: settings.lbp2d_samples,
        method: match settings.lbp2d_method.as_str() {
            "default" => Lbp2dMethod::Default,
            "ror" => Lbp2dMethod::Ror,
            "var" => Lbp2dMethod::Var,
            _ => Lbp2dMethod::Uniform,
        },
        flat_axis: settings.force2d_dimension,
    }
}

/// Patterns are whole numbers whatever the image's type; only a division by the variance shows it.
fn stored_for_variance(prepared: &Prepared<'_>, params: &Lbp2dParams) -> Stored {
    if params.method == Lbp2dMethod::Var { prepared.stored() } else { Stored::Integer }
}
