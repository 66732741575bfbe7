//! Features of one image file and its mask, for measuring a whole process: `extract_files IMAGE MASK [PARAMS.yaml [N]]`.
//!
//! With N both files are read and measured N times, as a service would, and the mean times of the calls after the first
//! go to standard error. The product's own command is `dlr extract`; this needs no more than the crate and a reader.

use dlr_core::{Code, Error, FeatureVector, Result};
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
    let extractor = Extractor::new(params)?;
    let call = || -> Result<(FeatureVector, [f64; 2])> {
        let start = Instant::now();
        let pair = read_pair(Path::new(image), Path::new(mask), &label)?.value;
        let reading = start.elapsed().as_secs_f64();
        let features = extractor.extract(&pair.image, &pair.mask)?;
        Ok((features, [reading, start.elapsed().as_secs_f64() - reading]))
    };
    let (features, first) = call()?;
    eprintln!("first call: {:.4} s of reading, {:.4} s of extraction", first[0], first[1]);
    let n_calls: u32 = rest.get(1).and_then(|n| n.parse().ok()).unwrap_or(1).max(1);
    if n_calls > 1 {
        let mut total = [0.0; 2];
        for _ in 1..n_calls {
            let (again, seconds) = call()?;
            assert_eq!(again, features, "a call is the same as the first to the bit");
            total = [total[0] + seconds[0], total[1] + seconds[1]];
        }
        let [reading, extraction] = total.map(|t| t / f64::from(n_calls - 1));
        eprintln!("a later call: {reading:.4} s of reading, {extraction:.4} s of extraction");
    }
    for (name, value) in features.iter() {
        println!("{} {value}", pyradiomics_name(name));
    }
    Ok(())
}
