//! Features of one image file and its mask, for measuring a whole process: `extract_files IMAGE MASK [PARAMS.yaml [N]]`.
//!
//! With N the extraction is repeated, as a service would, and the mean time of a call goes to standard error. The
//! product's own command is `dlr extract`; this needs no more than the crate and a reader.

use dlr_core::{Code, Error, Result};
use dlr_io::{LabelSelection, read_pair};
use dlr_radiomics::Extractor;
use dlr_radiomics::pyradiomics::{Params, pyradiomics_name};
use std::path::Path;
use std::time::Instant;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [image, mask, rest @ ..] = &args[..] else {
        return Err(Error::new(Code::Parameter, "two files are needed").expected("IMAGE MASK [PARAMS.yaml [N]]"));
    };
    let params = match rest.first() {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|e| Error::new(Code::FileMissing, "the parameter file cannot be read").found(e))?;
            Params::from_yaml(&text)?
        }
        None => Params::default(),
    };
    let label = LabelSelection::Value(params.settings.label.into());
    let start = Instant::now();
    let pair = read_pair(Path::new(image), Path::new(mask), &label)?.value;
    eprintln!("reading: {:.4} s", start.elapsed().as_secs_f64());
    let extractor = Extractor::new(params)?;
    let n_calls: u32 = rest.get(1).and_then(|n| n.parse().ok()).unwrap_or(1).max(1);
    let start = Instant::now();
    let mut features = extractor.extract(&pair.image, &pair.mask)?;
    for _ in 1..n_calls {
        features = extractor.extract(&pair.image, &pair.mask)?;
    }
    eprintln!("extraction: {:.4} s per call", start.elapsed().as_secs_f64() / f64::from(n_calls));
    for (name, value) in features.iter() {
        println!("{} {value}", pyradiomics_name(name));
    }
    Ok(())
}
