//! The data of a figure as CSV: commas, quotes where needed, shortest exact numbers, and no text that a spreadsheet
//! would run as a formula.

/// Lines of a CSV file under a heading.
#[derive(Debug, Clone)]
pub(crate) struct Csv {
    text: String,
}

/// One cell.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    Text(String),
    Number(f64),
    Count(usize),
    /// A pixel: the digits that single precision has.
    Pixel(f64),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.into())
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        Cell::Text(text.clone())
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Cell::Number(value)
    }
}

impl From<usize> for Cell {
    fn from(value: usize) -> Self {
        Cell::Count(value)
    }
}

impl Csv {
    /// Only a heading yet.
    pub(crate) fn new(heading: &[&str]) -> Self {
        Csv { text: heading.join(",") + "\n" }
    }

    /// Adds a line.
    pub(crate) fn row(&mut self, cells: &[Cell]) {
        let cells: Vec<_> = cells.iter().map(Cell::written).collect();
        self.text += &cells.join(",");
        self.text.push('\n');
    }

    /// The file.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// A line from anything that is a cell.
macro_rules! row {
    ($csv:expr, $($cell:expr),+ $(,)?) => { $csv.row(&[$($crate::csv::Cell::from($cell)),+]) };
}
pub(crate) use row;

impl Cell {
    fn written(&self) -> String {
        match self {
            Cell::Number(value) | Cell::Pixel(value) if value.is_nan() => String::new(),
            Cell::Number(value) | Cell::Pixel(value) if value.is_infinite() => {
                (if *value > 0.0 { "inf" } else { "-inf" }).into()
            }
            Cell::Number(value) => format!("{value}"),
            Cell::Pixel(value) => format!("{}", *value as f32),
            Cell::Count(value) => value.to_string(),
            Cell::Text(text) => quoted(text),
        }
    }
}

/// Text as one cell on one line, since a break inside a cell would surprise most readers. A leading `=`, `+`, `-`, `@`,
/// tab or return makes spreadsheets run a cell: an apostrophe in front stops that.
fn quoted(text: &str) -> String {
    let text = crate::format::printable(text).replace('\n', " ");
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text };
    if text.contains([',', '"', '\'']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        let mut csv = Csv::new(&["name", "value"]);
        row!(csv, "a,\"b\"", 0.1);
        row!(csv, "=HYPERLINK(1)", f64::NAN);
        assert_eq!(csv.finish(), "name,value\n\"a,\"\"b\"\"\",0.1\n\"'=HYPERLINK(1)\",\n");
    }
}
