//! A stage with a `tune` table stands for several: one for each combination of the values that it lists.

use crate::config::Stage;
use dlr_core::{Code, Error, Result};
use dlr_modelling::validation::Alternatives;
use toml::{Table, Value};

/// Makes what a stage stands for, and writes its defaults into it. Under `tune` stand lists of values by key; every
/// combination of them is an alternative, keys in alphabetical order, the last varying fastest. A key of a table in the
/// stage stands in a table of the same name: `tune = { rfe = { c = [0.1, 1.0] } }`, or `rfe.c = [0.1, 1.0]`.
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
    let keys = lists(keys);
    let mut grid: Vec<(String, Table)> = vec![(String::new(), plain.params.clone())];
    for (path, values) in &keys {
        let key = path.join(".");
        let values = values.as_array().filter(|v| !v.is_empty()).ok_or_else(|| wrong(format!("{key} = {values}")))?;
        grid = grid
            .iter()
            .flat_map(|(name, params)| {
                let key = &key;
                values.iter().map(move |value| {
                    let mut params = params.clone();
                    put(&mut params, path, value.clone());
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
            keys.iter().for_each(|(path, _)| take(&mut stage.params, path));
            stage.params.insert("tune".into(), tune.clone());
        }
        made.push((name, alternative));
    }
    Ok(made)
}

/// The lists of a table by the names that lead to them, in alphabetical order. What is neither a table nor a list is
/// handed on, to be refused by name.
fn lists(table: &Table) -> Vec<(Vec<String>, &Value)> {
    let mut found = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) if !inner.is_empty() => {
                let within = lists(inner).into_iter();
                found.extend(within.map(|(path, value)| ([vec![key.clone()], path].concat(), value)));
            }
            _ => found.push((vec![key.clone()], value)),
        }
    }
    found
}

fn put(table: &mut Table, path: &[String], value: Value) {
    let [first, rest @ ..] = path else { return };
    if rest.is_empty() {
        table.insert(first.clone(), value);
        return;
    }
    let inner = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new()));
    // What stands there and is no table cannot hold a key: the stage would refuse it either way.
    if !inner.is_table() {
        *inner = Value::Table(Table::new());
    }
    put(inner.as_table_mut().expect("it was made one"), rest, value);
}

fn take(table: &mut Table, path: &[String]) {
    match path {
        [] => {}
        [last] => drop(table.remove(last)),
        [first, rest @ ..] => {
            if let Some(Value::Table(inner)) = table.get_mut(first) {
                take(inner, rest);
            }
        }
    }
}
