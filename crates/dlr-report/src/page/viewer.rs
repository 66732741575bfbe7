//! The 3D viewer: image, regions and map of the shown cases in one WebGL canvas, by niivue, which is vendored.
//!
//! Off unless the report has volumes: it embeds images, and it is the only script that a page ever has. Nothing is
//! requested either: a page from a folder may not even read its neighbours.

use crate::data::{Cam, CamVolumes};
use crate::svg::escape;
use dlr_core::{Code, Error, Result};
use serde::Serialize;

/// niivue 0.69.0; see `vendor/niivue-0.69.0/ORIGIN.md`.
const NIIVUE: &str = include_str!("../../vendor/niivue-0.69.0/niivue.umd.js");
const START: &str = include_str!("../../templates/viewer.js");
/// What a page with the viewer allows itself: its own scripts, and what these carry with them.
const POLICY: &str = "script-src 'unsafe-inline' blob: data:; connect-src data: blob:; worker-src data: blob:; \
                      img-src data: blob:; font-src data:";

#[derive(Serialize)]
struct Shown<'a> {
    case: &'a str,
    #[serde(flatten)]
    volumes: &'a CamVolumes,
}

/// The page with the viewer as its last section; as it was where no case has volumes.
pub(super) fn add(html: String, cam: Option<&Cam>) -> Result<String> {
    let shown: Vec<Shown<'_>> = cam
        .into_iter()
        .flat_map(|cam| &cam.cases)
        .filter_map(|case| Some(Shown { case: &case.case, volumes: case.volumes.as_ref()? }))
        .collect();
    if shown.is_empty() {
        return Ok(html);
    }
    let data = serde_json::to_string(&shown).map_err(|e| Error::new(Code::Contract, e.to_string()))?;
    let options: String =
        shown.iter().enumerate().map(|(i, s)| format!("<option value=\"{i}\">{}</option>", escape(s.case))).collect();
    let section = format!(
        "<section id=\"viewer\" aria-labelledby=\"viewer-heading\">\n<h2 id=\"viewer-heading\">3D viewer</h2>\n\
         <p>The image, the regions (tumour red, ring blue) and the map of the cases shown above (towards the \
         positive class warm, away from it blue, from a fifth of its largest value on): three planes and a rendering. Drag to move, scroll to page, right drag for contrast. These images are part of this file: pass it on \
         as you would pass on the images.</p>\n\
         <p class=\"viewer-controls\"><label>Case <select id=\"viewer-case\">{options}</select></label> \
         <label>Regions <input id=\"viewer-roi\" type=\"range\" min=\"0\" max=\"100\" value=\"30\"/></label> \
         <label>Map <input id=\"viewer-map\" type=\"range\" min=\"0\" max=\"100\" value=\"50\"/></label></p>\n\
         <div class=\"viewer-frame\"><canvas id=\"viewer-canvas\" role=\"img\" aria-label=\"Image, regions and map in three \
         planes; the same slices are in the figures of the maps\"></canvas></div>\n\
         <p id=\"viewer-status\" role=\"status\">The viewer needs WebGL 2.</p>\n</section>\n\
         <script type=\"application/json\" id=\"viewer-data\">{}</script>\n\
         <script>{NIIVUE}</script>\n<script>{START}</script>\n</main>",
        data.replace('<', "\\u003c")
    );
    let html = html.replacen("img-src data:;", &format!("{POLICY};"), 1);
    let Some(end) = html.rfind("</main>") else { return Err(Error::new(Code::Contract, "the page has no main part")) };
    Ok(format!("{}{section}{}", &html[..end], &html[end + "</main>".len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_vendored_cannot_end_its_own_script() {
        assert!(NIIVUE.len() == 2_284_368 && !NIIVUE.contains("</script") && !START.contains("</script"));
    }
}
