//! A stage with a `tune` table stands for several: one for each combination of the values that it lists.

use crate::config::Stage;
use dlr_core::{Code, Error, Result};
use dlr_modelling::validation::Alternatives;
use toml::{Table, Value};

/// Makes what a stage stands for, and writes its defaults into it. Under `tune` stand lists of values by key; every
/// combination of them is an alternative, keys in alphabetical order, the last varying fastest.
pub(crate) fn alternatives<T: ?Sized>(
    stage: &mut Stage,
    make: impl Fn(&Stage) -> Result<(Box<T>, Stage)>,
) -> Result<Alternatives<T>> {
    let mut plain = stage.clone();
    let Some(tune) = plain.params.remove("tune") else {
        let (made, resolved) = make(stage)?;
        *stage = resolved;
        return Ok(vec![(String::new(), made)]);
    };
    let wrong = |found: String| {
        Error::new(Code::ParameterFile, format!("`tune` of stage `{}` is not understood", plain.stage))
            .expected("a table of keys, each with a list of values")
            .found(found)
    };
    let Value::Table(keys) = &tune else { return Err(wrong(tune.to_string())) };
    let mut grid: Vec<(String, Table)> = vec![(String::new(), plain.params.clone())];
    for (key, values) in keys {
        let values = values.as_array().filter(|v| !v.is_empty()).ok_or_else(|| wrong(format!("{key} = {values}")))?;
        grid = grid
            .iter()
            .flat_map(|(name, params)| {
                values.iter().map(move |value| {
                    let mut params = params.clone();
                    params.insert(key.clone(), value.clone());
                    let comma = if name.is_empty() { "" } else { ", " };
                    (format!("{name}{comma}{key} = {value}"), params)
                })
            })
            .collect();
    }
    let mut made = Vec::with_capacity(grid.len());
    for (name, params) in grid {
        let (alternative, resolved) = make(&Stage { stage: plain.stage.clone(), params })?;
        if made.is_empty() {
            // The defaults are those of any alternative; the keys that are tuned stand under `tune` alone.
            *stage = resolved;
            keys.keys().for_each(|key| {
                stage.params.remove(key);
            });
            stage.params.insert("tune".into(), tune.clone());
        }
        made.push((name, alternative));
    }
    Ok(made)
}
