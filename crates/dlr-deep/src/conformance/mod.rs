//! The suite `network`: stage means of whole networks against those of the framework they came from.
//!
//! A reference folder holds `reference_activations.json` and, per network in it, `NAME.safetensors`. The JSON gives the
//! formula of one input, and per stage the mean of every channel (and the shape). Each stage is one table; a value
//! passes within 1e-4 of the largest value of its stage. The tests and `dlr conformance network` call this same code.

mod formula;

use crate::{Engine, Network, StageMap, Weights};
use dlr_core::conformance::{Miss, SuiteTable};
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

/// The embedded network against its reference values: a table per stage.
///
/// # Errors
/// [`Code::FileFormat`] where the reference in the binary is damaged.
pub fn check_embedded() -> Result<Vec<SuiteTable>> {
    let reference = Reference::parse(EMBEDDED)?;
    let stages = reference
        .networks
        .get(EMBEDDED_NETWORK)
        .ok_or_else(|| Error::new(Code::FileFormat, format!("`{FILE}` holds no `{EMBEDDED_NETWORK}`")))?;
    let mut tables = check_network(EMBEDDED_NETWORK, &Network::embedded()?, &reference, stages)?;
    let others: Vec<&str> = reference.networks.keys().map(String::as_str).filter(|n| *n != EMBEDDED_NETWORK).collect();
    if let Some(table) = tables.last_mut() {
        table.notes.push(format!("not in this binary, checked with --reference: {}", others.join(", ")));
    }
    Ok(tables)
}

/// Every network of a folder in the layout of this suite: a table per network and stage.
///
/// A network that cannot be read or built is a miss, so that the others are still checked.
///
/// # Errors
/// [`Code::FileMissing`] or [`Code::FileFormat`] for a reference file that is absent or not of this layout.
pub fn check_folder(folder: &Path) -> Result<Vec<SuiteTable>> {
    let text = std::fs::read_to_string(folder.join(FILE))
        .map_err(|e| Error::new(Code::FileMissing, format!("`{FILE}` cannot be read: {e}")))?;
    let reference = Reference::parse(&text)?;
    if reference.networks.is_empty() {
        return Err(Error::new(Code::FileFormat, format!("`{FILE}` holds no network")));
    }
    let mut tables = Vec::new();
    for (name, stages) in &reference.networks {
        let found = read_network(folder, name).and_then(|network| check_network(name, &network, &reference, stages));
        tables.extend(found.unwrap_or_else(|error| {
            let mut table = SuiteTable::new(name);
            let expected = "a network that can be built and run";
            table.record(
                f64::INFINITY,
                Some(miss("network", name, expected, error.to_string().replace('\n', ";"), "none")),
            );
            vec![table]
        }));
    }
    Ok(tables)
}

fn miss(name: &str, configuration: &str, expected: impl ToString, found: impl ToString, tolerance: &str) -> Miss {
    Miss {
        name: name.into(),
        configuration: configuration.into(),
        expected: expected.to_string(),
        found: found.to_string(),
        tolerance: tolerance.into(),
    }
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
) -> Result<Vec<SuiteTable>> {
    let own = stages.get("input").and_then(Value::as_str);
    let (values, shape) = reference.input(own)?;
    let wanted: Vec<&String> = stages.keys().filter(|k| *k != "input" && *k != "note").collect();
    let names = network.config().stage_names();
    let last = wanted.iter().filter_map(|s| names.iter().position(|n| &n == s)).max().unwrap_or(0);
    let maps = network.forward(values.repeat(network.config().in_channels), shape, last)?;
    let find = |stage: &str| maps.iter().find(|m| m.stage == stage);
    Ok(wanted.into_iter().map(|stage| check_stage(name, stage, &stages[stage], find(stage))).collect())
}

fn check_stage(network: &str, stage: &str, expected: &Value, found: Option<&StageMap>) -> SuiteTable {
    let configuration = format!("{network} {stage}");
    let mut table = SuiteTable::new(&configuration);
    table.notes.push("errors are shares of the largest value of the stage".into());
    if let (Some(shape), Some(map)) = (expected.get("shape"), found) {
        let [z, y, x] = map.shape;
        let own = serde_json::json!([1, map.channels, z, y, x]);
        let missed = (*shape != own).then(|| miss("shape", &configuration, shape, &own, "equal"));
        table.record(if missed.is_some() { f64::INFINITY } else { 0.0 }, missed);
    }
    let means: Vec<f64> = match expected.get("mean").unwrap_or(expected) {
        Value::Array(list) => list.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect(),
        _ => Vec::new(),
    };
    if means.is_empty() {
        table.record(
            f64::INFINITY,
            Some(miss("mean", &configuration, "a list of numbers", "none in the reference", "")),
        );
    }
    let largest = means.iter().map(|m| m.abs()).fold(0.0, f64::max);
    let text = |v: Option<f64>| v.map_or("nothing".to_owned(), |v| v.to_string());
    for c in 0..means.len().max(found.map_or(0, |m| m.channels)) {
        let expected = means.get(c).copied();
        let own = found.filter(|m| c < m.channels).map(|m| mean(m.channel(c)));
        let error = expected.zip(own).map_or(f64::INFINITY, |(e, o)| (o - e).abs() / largest);
        let error = if error.is_nan() { f64::INFINITY } else { error };
        let tolerance = format!("{TOLERANCE:e} of {largest}");
        let missed = (error > TOLERANCE)
            .then(|| miss(&format!("mean {c:04}"), &configuration, text(expected), text(own), &tolerance));
        table.record(error, missed);
    }
    table
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
    use crate::ResNetConfig;

    fn show(tables: &[SuiteTable]) -> String {
        tables.iter().map(|t| format!("{t}\n")).collect()
    }

    #[test]
    fn the_embedded_network_gives_the_values_of_the_original() {
        let tables = check_embedded().unwrap();
        assert_eq!(tables.iter().map(|t| t.total).collect::<Vec<_>>(), [16, 17, 33, 65, 129]);
        assert!(tables.iter().all(SuiteTable::is_green), "{}", show(&tables));
    }

    #[test]
    fn all_networks_of_the_shared_folder_give_the_values_of_the_original() {
        let Some(folder) = data_fixtures::shared("weights") else { return };
        let tables = check_folder(&folder).unwrap();
        eprint!("{}", show(&tables));
        assert!(tables.iter().all(SuiteTable::is_green), "{}", show(&tables));
        assert_eq!(tables.len(), 12);
    }

    #[test]
    fn every_variant_gives_the_values_of_pytorch() {
        let tables = check_folder(&data_fixtures::path("network/made")).unwrap();
        eprint!("{}", show(&tables));
        assert!(tables.iter().all(SuiteTable::is_green), "{}", show(&tables));
        assert_eq!(tables.len(), 4 * 5);
    }

    #[test]
    fn a_missing_file_is_a_miss_and_a_missing_reference_an_error() {
        let tables = check_folder(&data_fixtures::path("network")).unwrap();
        assert_eq!(tables.len(), 3);
        assert!(
            tables.iter().all(|t| t.misses.len() == 1 && t.misses[0].found.starts_with("E0201")),
            "{}",
            show(&tables)
        );
        assert_eq!(check_folder(&data_fixtures::path("sts-t1")).unwrap_err().code(), Code::FileMissing);
    }

    #[test]
    fn another_network_or_a_changed_value_is_a_miss() {
        let mut reference = Reference::parse(EMBEDDED).unwrap();
        let stages = reference.networks.remove(EMBEDDED_NETWORK).unwrap();
        let config = ResNetConfig::r18w16_deepbet();
        let random = Network::new(&config, &Weights::random(&config, 1), Engine::Flex).unwrap();
        let tables = check_network(EMBEDDED_NETWORK, &random, &reference, &stages).unwrap();
        assert!(tables.iter().all(|t| t.passed() < t.total / 2), "{}", show(&tables));

        let mut changed = stages.clone();
        changed["layer4"]["mean"][17] = serde_json::json!(0.9);
        changed["layer1"]["shape"][2] = serde_json::json!(13);
        changed["stem"].as_array_mut().unwrap().pop();
        changed.insert("layer5".into(), serde_json::json!({"mean": [1.0, 2.0]}));
        let tables = check_network(EMBEDDED_NETWORK, &Network::embedded().unwrap(), &reference, &changed).unwrap();
        let misses = tables.iter().flat_map(|t| &t.misses);
        let names: Vec<_> = misses.map(|m| format!("{} {}", m.configuration, m.name)).collect();
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
