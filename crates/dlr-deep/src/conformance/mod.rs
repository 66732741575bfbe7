//! The suite `network`: stage means of whole networks against those of the framework they came from.
//!
//! A reference folder holds `reference_activations.json` and, per network in it, `NAME.safetensors`. The JSON gives the
//! formula of one input, and per stage the mean of every channel (and the shape). Each stage is one table; a value
//! passes within 1e-4 of the largest value of its stage. The tests and `dlr conformance network` call this same code.

mod formula;

use crate::{Engine, Network, ResNetConfig, StageMap, Weights};
use dlr_core::{Code, Error, Result};
use formula::{Formula, Grid};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// Allowed difference, as a share of the largest value of the stage.
///
/// Two frameworks sum a convolution in another order; in 32 bit they agree to about 1e-6, a wrong stride, norm or
/// weight is off by 1e-2 and more.
pub const TOLERANCE: f64 = 1e-4;

const FILE: &str = "reference_activations.json";
static EMBEDDED: &str = include_str!("../../../../data-fixtures/network/reference_activations.json");
const EMBEDDED_NETWORK: &str = "r18w16_deepbet_t1w";

/// One stage of one network, recomputed.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Network and stage, for example `r18w16_deepbet_t1w layer4`.
    pub table: String,
    /// Values within the tolerance.
    pub passed: usize,
    /// Values in the reference.
    pub total: usize,
    /// Largest difference, as a share of the largest value of the stage.
    pub largest_error: f64,
}

/// A value that is not as expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Miss {
    /// Channel or property: `mean 0017`, `shape`, or `network` where nothing could be computed.
    pub name: String,
    /// Network and stage.
    pub configuration: String,
    /// Expected value.
    pub expected: String,
    /// What was found instead.
    pub found: String,
    /// Allowed difference, in the unit of the value; 0 where it must be equal.
    pub tolerance: f64,
}

/// What a run of the suite found: a row per stage, and every miss.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// One per stage.
    pub rows: Vec<Row>,
    /// Empty where all is as it should be.
    pub misses: Vec<Miss>,
}

/// The embedded network against its reference values in `data-fixtures/network`.
///
/// # Errors
/// As [`check_folder`].
pub fn check_embedded() -> Result<Outcome> {
    let reference = Reference::parse(EMBEDDED)?;
    let mut outcome = Outcome::default();
    let stages = reference
        .networks
        .get(EMBEDDED_NETWORK)
        .ok_or_else(|| Error::new(Code::FileFormat, format!("`{FILE}` holds no `{EMBEDDED_NETWORK}`")))?;
    let network = Network::new(&ResNetConfig::r18w16_deepbet(), &Weights::embedded(), Engine::Flex)?;
    check_network(EMBEDDED_NETWORK, &network, &reference, stages, &mut outcome)?;
    Ok(outcome)
}

/// Every network of a folder in the layout of this suite.
///
/// A network that cannot be read or built is a miss, so that the others are still checked.
///
/// # Errors
/// [`Code::FileMissing`] or [`Code::FileFormat`] for a reference file that is absent or not of this layout.
pub fn check_folder(folder: &Path) -> Result<Outcome> {
    let text = std::fs::read_to_string(folder.join(FILE))
        .map_err(|e| Error::new(Code::FileMissing, format!("`{FILE}` cannot be read: {e}")))?;
    let reference = Reference::parse(&text)?;
    if reference.networks.is_empty() {
        return Err(Error::new(Code::FileFormat, format!("`{FILE}` holds no network")));
    }
    let mut outcome = Outcome::default();
    for (name, stages) in &reference.networks {
        let done = read_network(folder, name)
            .and_then(|network| check_network(name, &network, &reference, stages, &mut outcome));
        if let Err(error) = done {
            outcome.rows.push(Row { table: name.clone(), passed: 0, total: 1, largest_error: f64::INFINITY });
            outcome.misses.push(Miss {
                name: "network".into(),
                configuration: name.clone(),
                expected: "a network that can be built and run".into(),
                found: error.to_string().replace('\n', ";"),
                tolerance: 0.0,
            });
        }
    }
    Ok(outcome)
}

fn read_network(folder: &Path, name: &str) -> Result<Network> {
    if name.contains(['/', '\\']) || name.starts_with('.') {
        return Err(Error::new(Code::FileFormat, format!("`{name}` is no name of a network")));
    }
    let file = format!("{name}.safetensors");
    let bytes = std::fs::read(folder.join(&file))
        .map_err(|e| Error::new(Code::FileMissing, format!("`{file}` cannot be read: {e}")))?;
    let weights = Weights::from_safetensors(&bytes)?;
    Network::new(&weights.config()?, &weights, Engine::Flex)
}

fn check_network(
    name: &str,
    network: &Network,
    reference: &Reference,
    stages: &Map<String, Value>,
    outcome: &mut Outcome,
) -> Result<()> {
    let own = stages.get("input").and_then(Value::as_str);
    let (values, shape) = reference.input(own)?;
    let wanted: Vec<&String> = stages.keys().filter(|k| *k != "input" && *k != "note").collect();
    let names = network.config().stage_names();
    let last = wanted.iter().filter_map(|s| names.iter().position(|n| &n == s)).max().unwrap_or(0);
    let channels = network.config().in_channels;
    let maps = network.forward(values.repeat(channels), shape, last)?;
    for stage in wanted {
        let configuration = format!("{name} {stage}");
        let found = maps.iter().find(|m| &m.stage == stage);
        check_stage(&configuration, &stages[stage], found, outcome);
    }
    Ok(())
}

fn check_stage(configuration: &str, expected: &Value, found: Option<&StageMap>, outcome: &mut Outcome) {
    let means: Vec<f64> = match expected.get("mean").unwrap_or(expected) {
        Value::Array(list) => list.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect(),
        _ => Vec::new(),
    };
    let mut row = Row { table: configuration.to_owned(), passed: 0, total: means.len(), largest_error: 0.0 };
    let mut miss = |name: String, expected: String, found: String, tolerance: f64| {
        outcome.misses.push(Miss { name, configuration: configuration.to_owned(), expected, found, tolerance });
    };
    if means.is_empty() {
        miss("mean".into(), "a list of numbers".into(), "none in the reference".into(), 0.0);
    }
    if let (Some(shape), Some(map)) = (expected.get("shape"), found) {
        row.total += 1;
        let [z, y, x] = map.shape;
        let own = serde_json::json!([1, map.channels, z, y, x]);
        if *shape == own {
            row.passed += 1;
        } else {
            miss("shape".into(), shape.to_string(), own.to_string(), 0.0);
        }
    }
    let largest = means.iter().map(|m| m.abs()).fold(0.0, f64::max);
    let n_channels = found.map_or(0, |m| m.channels);
    for c in 0..means.len().max(n_channels) {
        let own = found.filter(|m| c < m.channels).map(|m| mean(m.channel(c)));
        let error = match (means.get(c), own) {
            (Some(expected), Some(own)) => (own - expected).abs() / largest,
            _ => f64::INFINITY,
        };
        // A comparison that NaN fails.
        if error <= TOLERANCE {
            row.passed += 1;
        } else {
            let text = |v: Option<f64>| v.map_or("nothing".to_owned(), |v| v.to_string());
            miss(format!("mean {c:04}"), text(means.get(c).copied()), text(own), TOLERANCE * largest);
        }
        row.largest_error = if error.is_nan() { f64::INFINITY } else { row.largest_error.max(error) };
    }
    row.total = row.total.max(row.passed + usize::from(means.is_empty()));
    outcome.rows.push(row);
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|v| f64::from(*v)).sum::<f64>() / values.len() as f64
}

/// The parsed reference file.
struct Reference {
    formula: Formula,
    grid: Grid,
    networks: BTreeMap<String, Map<String, Value>>,
}

impl Reference {
    fn parse(text: &str) -> Result<Self> {
        let bad = |what: String| Error::new(Code::FileFormat, format!("`{FILE}` {what}"));
        let Value::Object(root) = serde_json::from_str(text).map_err(|e| bad(format!("is not JSON: {e}")))? else {
            return Err(bad("is not an object".into()));
        };
        let input = root.get("input").and_then(Value::as_str).ok_or_else(|| bad("has no text `input`".into()))?;
        let networks = root.iter().filter_map(|(name, v)| Some((name.clone(), v.as_object()?.clone()))).collect();
        Ok(Reference { formula: Formula::parse(input)?, grid: Grid::parse(input)?, networks })
    }

    /// The input of a network; `own` is what its entry says about it.
    fn input(&self, own: Option<&str>) -> Result<(Vec<f32>, [usize; 3])> {
        let (formula, grid, clip) = match own {
            None => (self.formula.clone(), self.grid, false),
            Some(text) if text.starts_with("the same x") => {
                (self.formula.clone(), self.grid, text.contains("clipped to [0,1]"))
            }
            Some(text) => (Formula::parse(text)?, Grid::parse(text)?, text.contains("clipped to [0,1]")),
        };
        let values = grid.values(&formula);
        let clipped = |v: f64| if clip { v.clamp(0.0, 1.0) } else { v };
        Ok((values.into_iter().map(|v| clipped(v) as f32).collect(), grid.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_network_gives_the_values_of_the_original() {
        let outcome = check_embedded().unwrap();
        assert!(outcome.misses.is_empty(), "{:#?}", outcome.misses);
        assert_eq!(outcome.rows.len(), 5);
        assert!(outcome.rows.iter().all(|r| r.passed == r.total && r.total >= 16));
        for row in &outcome.rows {
            eprintln!("{}: {} / {}, largest error {:.1e}", row.table, row.passed, row.total, row.largest_error);
        }
    }

    #[test]
    fn all_networks_of_the_shared_folder_give_the_values_of_the_original() {
        let Some(folder) = data_fixtures::shared("weights") else { return };
        let outcome = check_folder(&folder).unwrap();
        for row in &outcome.rows {
            eprintln!("{}: {} / {}, largest error {:.1e}", row.table, row.passed, row.total, row.largest_error);
        }
        assert!(outcome.misses.is_empty(), "{:#?}", outcome.misses);
        assert_eq!(outcome.rows.len(), 12);
    }

    #[test]
    fn another_network_or_a_changed_value_is_a_miss() {
        let mut reference = Reference::parse(EMBEDDED).unwrap();
        let mut outcome = Outcome::default();
        let config = ResNetConfig::r18w16_deepbet();
        let random = Network::new(&config, &Weights::random(&config, 1), Engine::Flex).unwrap();
        let stages = reference.networks.remove(EMBEDDED_NETWORK).unwrap();
        check_network(EMBEDDED_NETWORK, &random, &reference, &stages, &mut outcome).unwrap();
        assert!(outcome.rows.iter().all(|row| row.passed < row.total / 2), "{:?}", outcome.rows);

        let mut changed = stages.clone();
        changed["layer4"]["mean"][17] = serde_json::json!(0.9);
        changed["layer1"]["shape"][2] = serde_json::json!(13);
        changed["stem"].as_array_mut().unwrap().pop();
        changed.insert("layer5".into(), serde_json::json!({"mean": [1.0, 2.0]}));
        let mut outcome = Outcome::default();
        check_network(EMBEDDED_NETWORK, &Network::embedded().unwrap(), &reference, &changed, &mut outcome).unwrap();
        let names: Vec<_> = outcome.misses.iter().map(|m| format!("{} {}", m.configuration, m.name)).collect();
        let expected = [
            "r18w16_deepbet_t1w stem mean 0015",
            "r18w16_deepbet_t1w layer1 shape",
            "r18w16_deepbet_t1w layer4 mean 0017",
            "r18w16_deepbet_t1w layer5 mean 0000",
            "r18w16_deepbet_t1w layer5 mean 0001",
        ];
        assert_eq!(names, expected);
    }
}
