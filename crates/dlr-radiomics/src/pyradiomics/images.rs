//! Image types: what each is called in feature columns, and how it turns the prepared image into the images that are
//! measured. The filters themselves are in `dlr-imaging`.

use super::ImageType;
use super::prepare::Prepared;
use dlr_core::{Code, Error, Result, Volume};
use std::borrow::Cow;

/// Whether an image type can be computed.
pub(crate) fn supports(image_type: &str) -> bool {
    image_type == "Original"
}

/// The names of the images that an image type makes, in the order of the columns. Known without an image.
pub(crate) fn columns(image_type: &ImageType) -> Vec<String> {
    vec![image_type.name.to_lowercase()]
}

/// The images that an image type makes of a prepared case, on the same grid, each with its column name.
pub(crate) fn of<'a>(image_type: &ImageType, prepared: &'a Prepared<'_>) -> Result<Vec<(String, Cow<'a, Volume>)>> {
    match image_type.name {
        "Original" => Ok(vec![("original".into(), Cow::Borrowed(prepared.image.as_ref()))]),
        other => Err(Error::new(Code::UnknownName, format!("image type `{other}` is not available in this build"))),
    }
}
